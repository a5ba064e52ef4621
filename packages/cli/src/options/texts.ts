import { InvalidArgumentError } from 'commander';

/**
 * Collects the values of an option that takes a text and may be given several times.
 *
 * @throws InvalidArgumentError when a text is empty
 */
export function collectTexts(text: string, earlier: readonly string[] = []): string[] {
  if (text === '') throw new InvalidArgumentError('It must have at least one character.');
  return [...earlier, text];
}
