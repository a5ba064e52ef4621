import { byId } from './dom.js';
import { type Server, ServerFault } from './server.js';

/** Texts of a field, one a line. */
function linesOf(id: string): string[] {
  return byId<HTMLTextAreaElement>(id)
    .value.split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/**
 * Makes values of the examples on the page.
 *
 * @param onMade - Told the name of each that is there.
 */
export function watchOwnValues(server: Server, onMade: (name: string) => Promise<void>): void {
  const said = byId('own-said');
  const button = byId<HTMLButtonElement>('own-go');
  byId('own').addEventListener('submit', (event) => {
    event.preventDefault();
    void make();
  });

  async function make(): Promise<void> {
    const name = byId<HTMLInputElement>('own-name').value;
    said.textContent = 'It is being made …';
    button.disabled = true;
    try {
      await server.json('/halfspace/values', { name, good: linesOf('own-good'), bad: linesOf('own-bad') });
      await onMade(name);
      said.textContent = `There is a slider for ${name} now.`;
    } catch (error) {
      said.textContent =
        error instanceof ServerFault ? error.message : `It could not be made: ${String(error)}.`;
    } finally {
      button.disabled = false;
    }
  }
}
