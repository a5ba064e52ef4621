/** The probability that goes with log-odds. */
export function probabilityOf(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

/** Whether a margin is on the side of its label; a margin of 0 is on the undesired side. */
export function isRight(margin: number, label: number): boolean {
  return margin > 0 === (label === 1);
}

/** Mean squared difference between probability and label: 0 at best, 0.25 for a coin. */
export function brierScore(margins: ArrayLike<number>, labels: ArrayLike<number>): number {
  return mean(margins.length, (i) => (probabilityOf(margins[i]) - labels[i]) ** 2);
}

/** Mean −log p of the label, in nats: 0 at best, log 2 for a coin. */
export function logLoss(margins: ArrayLike<number>, labels: ArrayLike<number>): number {
  return mean(margins.length, (i) => {
    const against = labels[i] === 1 ? -margins[i] : margins[i];
    // log(1 + exp(against)), without overflow.
    return Math.max(against, 0) + Math.log1p(Math.exp(-Math.abs(against)));
  });
}

function mean(count: number, valueOf: (item: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += valueOf(i);
  return sum / count;
}
