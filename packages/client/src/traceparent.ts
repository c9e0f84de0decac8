const digits = (): string => crypto.randomUUID().replaceAll('-', '')

/** W3C Trace Context of something new: the trace of one click. */
export function newTraceparent(): string {
  const span = digits()
  return `00-${digits()}-${span.slice(0, 8)}${span.slice(-8)}-01`
}

/** The trace id of a `traceparent`, to find the click again in events, logs and errors. */
export const traceIdOf = (traceparent: string): string => traceparent.split('-')[1] ?? ''
