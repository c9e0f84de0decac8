/** @throws unless the answer has the status and is a JSON object. */
export async function getJson(
  url: string,
  expected: number,
  options: { method?: string; body?: unknown; token?: string | undefined } = {},
): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: options.method ?? (options.body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(options.body !== undefined && { 'content-type': 'application/json' }),
      ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
    },
    ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
  })
  const text = await response.text()
  if (response.status !== expected) {
    throw new Error(`${url} answered ${response.status}, not ${expected}: ${text.slice(0, 300)}`)
  }
  const body: unknown = JSON.parse(text)
  if (typeof body !== 'object' || body === null) throw new Error(`${url} answered no JSON object`)
  return body as Record<string, unknown>
}
