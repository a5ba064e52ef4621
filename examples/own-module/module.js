// Binds all of it. Whoever has this module in a halfspace.config, or gives it to createOnnxBackend, has what it adds.
import { definePluginModule } from '@halfspace/contracts';
import { JUDGE, METHOD } from '@halfspace/evaluate';
import { MODEL_FAMILY, MODEL_SOURCE } from '@halfspace/model';
import { alpaca } from './alpaca.js';
import { brevity } from './brevity.js';
import { cautious } from './cautious.js';
import { shelf } from './shelf.js';

export default definePluginModule({
  name: 'own-module',
  bind(register) {
    register(MODEL_SOURCE, shelf);
    register(MODEL_FAMILY, alpaca);
    register(METHOD, cautious);
    register(JUDGE, brevity);
  },
});
