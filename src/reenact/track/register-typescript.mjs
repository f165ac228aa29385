// Preloaded into worker threads: `--import tsx` alone registers nothing off the main thread on Node 20.
import { register } from 'tsx/esm/api';

register();
