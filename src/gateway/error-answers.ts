import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { type ErrorCode, LokiError } from '../errors.ts';
import { httpStatus } from './http-status.ts';

/** Seconds after which a busy server may be asked again. */
const RETRY_AFTER_S = 10;

/** Makes every failure an `{ error: { code, message } }` with its status; a fault of ours says nothing of itself. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = asLokiError(error);
    if (known.code === 'INTERNAL') request.log.error({ err: error }, 'request failed');
    return sendError(reply, known);
  });
  app.setNotFoundHandler((_request, reply) =>
    sendError(reply, new LokiError('NOT_FOUND', 'There is nothing at this address.')),
  );
}

export function sendError(reply: FastifyReply, error: LokiError): FastifyReply {
  const status = httpStatus(error.code);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  if (status === 503 && !reply.hasHeader('retry-after')) reply.header('retry-after', RETRY_AFTER_S);
  return reply.code(status).send({ error: { code: error.code, message: error.message } });
}

function asLokiError(error: FastifyError): LokiError {
  if (error instanceof LokiError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const [issue] = error.validation;
    const where = issue.instancePath.replace(/^\//, '').replaceAll('/', '.');
    const place = [error.validationContext, where].filter(Boolean).join(', ');
    return new LokiError('BAD_MESSAGE', `The request's ${place}: ${issue.message ?? 'is malformed'}.`);
  }
  const code = CODE_OF_STATUS[error.statusCode ?? 500];
  if (code === undefined) {
    return new LokiError('INTERNAL', 'Something went wrong inside the server.', { cause: error });
  }
  return new LokiError(code, sentence(error.message), { cause: error });
}

/** Refusals of the HTTP layer itself: bodies that are no JSON, too large, of another type; too many requests. */
const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'BAD_MESSAGE',
  404: 'NOT_FOUND',
  405: 'BAD_MESSAGE',
  406: 'BAD_MESSAGE',
  408: 'BAD_MESSAGE',
  413: 'INPUT_TOO_LARGE',
  415: 'BAD_MESSAGE',
  429: 'TOO_MANY_REQUESTS',
};

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
