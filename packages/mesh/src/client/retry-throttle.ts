/** Keeps retries from multiplying the load of a failing server: a token bucket (gRFC A6). */
export interface RetryThrottle {
  succeeded(): void;
  /** Records a failure; true while retries are allowed. */
  failed(): boolean;
}

/** Retries stop while half or less of `maxTokens` is left; a failure takes one token, a success returns `tokenRatio`. */
export function createRetryThrottle(maxTokens = 100, tokenRatio = 0.1): RetryThrottle {
  let tokens = maxTokens;
  return {
    succeeded() {
      tokens = Math.min(maxTokens, tokens + tokenRatio);
    },
    failed() {
      tokens = Math.max(0, tokens - 1);
      return tokens > maxTokens / 2;
    },
  };
}
