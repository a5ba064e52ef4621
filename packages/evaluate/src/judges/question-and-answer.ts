import type { JudgedText } from '@halfspace/core';
import { lastTurn } from './last-turn.js';
import type { TextFeatures } from './regression-judge.js';

/** The sentences that judges of answers read: what was asked last, and the answer. */
export const questionAndAnswer: TextFeatures['sentencesOf'] = ({ prompt, completion }: JudgedText) => [
  lastTurn(prompt),
  completion,
];

/** How far two vectors are apart, number by number. */
export function distances(one: Float32Array, other: Float32Array): Float32Array {
  return one.map((value, i) => Math.abs(value - other[i]));
}

/** Vectors end to end. */
export function concatenate(...vectors: readonly Float32Array[]): Float32Array {
  return Float32Array.from(vectors.flatMap((vector) => [...vector]));
}
