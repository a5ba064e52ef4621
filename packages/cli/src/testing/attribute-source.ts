import { CONTRACT_VERSION } from '@halfspace/core';

/** JavaScript of an attribute that needs no import, so that it can be written anywhere. */
export function attributeSource(name: string, contract: number = CONTRACT_VERSION): string {
  return JSON.stringify({ contract, name, description: 'text', subspaces: [] });
}
