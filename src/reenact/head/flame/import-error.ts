import { LokiError } from '../../../errors.ts';

/** The error of a model file that can't be imported; `reason` says what is wrong with it. */
export function importError(reason: string, cause?: unknown): LokiError {
  return new LokiError('MODEL_INVALID', `The FLAME file can't be imported: ${reason}.`, { cause });
}

export function cutShort(): LokiError {
  return importError('it is cut short or damaged');
}

export function damagedPickle(): LokiError {
  return importError('it is damaged: its pickle makes no sense');
}
