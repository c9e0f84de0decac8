/** A wish that is not granted; the message is for the person. */
export class McpRefused extends Error {
  override readonly name = 'McpRefused'
  readonly code: 'malformed' | 'forbidden' | 'conflict' | 'not_found'

  constructor(code: McpRefused['code'], message: string) {
    super(message)
    this.code = code
  }
}
