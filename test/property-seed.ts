import fc from 'fast-check';

/**
 * Property tests draw the same cases in every run, so that a failure belongs to the change that made it.
 * FAST_CHECK_SEED=n draws others: worth a loop now and then.
 */
fc.configureGlobal({ seed: Number(process.env['FAST_CHECK_SEED'] ?? 20_260_101) });
