import type { JSX } from 'preact';
import { Icon } from './icons.tsx';
import type { PlainError } from './plain-words.ts';

interface ProblemBoxProps {
  readonly problem: PlainError | null;
  readonly onRetry?: (() => void) | undefined;
  readonly onDismiss?: () => void;
}

/** What went wrong and what to do, read out when it comes. */
export function ProblemBox({ problem, onRetry, onDismiss }: ProblemBoxProps): JSX.Element {
  return (
    <div role="alert">
      {problem && (
        <div class="notice-box">
          <Icon name="warning" />
          <div class="words">
            <strong>{problem.title}</strong>
            {problem.advice && <span class="quiet">{problem.advice}</span>}
          </div>
          {onRetry && (
            <button type="button" class="button" onClick={onRetry}>
              Try again
            </button>
          )}
          {onDismiss && (
            <button type="button" class="button plain square" aria-label="Dismiss" onClick={onDismiss}>
              <Icon name="close" />
            </button>
          )}
        </div>
      )}
    </div>
  );
}
