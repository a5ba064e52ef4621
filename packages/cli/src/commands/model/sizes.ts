/** Bytes in words: megabytes, or gigabytes from one on. */
export function size(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

const DAY_MS = 24 * 3_600_000;

/** How many days ago something was. */
export function since(date: Date, now = Date.now()): string {
  const days = Math.floor((now - date.getTime()) / DAY_MS);
  return days <= 0 ? 'today' : days === 1 ? 'yesterday' : `${days} days ago`;
}

/** Seconds in words: minutes from two on. */
export function duration(seconds: number): string {
  return seconds < 120 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
