import { Readable } from 'node:stream';
import { halfspace } from '@halfspace/ai-sdk';
import { defineConfig } from 'vite';
import { answer } from './chat-handler.js';

/** The model by `HALFSPACE_MODEL`, its name or path, or the default one. */
const model = halfspace(process.env.HALFSPACE_MODEL ?? 'default');

export default defineConfig({
  root: import.meta.dirname,
  plugins: [
    {
      name: 'chat',
      configureServer({ middlewares }) {
        middlewares.use('/api/chat', async (incoming, outgoing, next) => {
          try {
            const gone = new AbortController();
            outgoing.on('close', () => gone.abort());
            const request = new Request('http://localhost/api/chat', {
              method: 'POST',
              body: Readable.toWeb(incoming),
              duplex: 'half',
              signal: gone.signal,
            });
            const { status, headers, body } = await answer(request, model);
            outgoing.writeHead(status, Object.fromEntries(headers));
            Readable.fromWeb(body)
              .on('error', () => outgoing.end())
              .pipe(outgoing);
          } catch (error) {
            next(error);
          }
        });
      },
    },
  ],
});
