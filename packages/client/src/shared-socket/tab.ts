/** A message as the hub passes it on: nothing of it but these fields is looked at. */
export interface PassedMessage {
  type: string
  id?: string | null
  stream?: string
  [field: string]: unknown
}

/** What the hub sends to a tab through whatever connects them. */
export interface TabPort {
  opened(): void
  frame(text: string): void
  closed(code: number, reason: string, status: number | undefined): void
}

/** Characters that a tab may owe before it is sent away to resume: twice the server's window. */
const MAX_OWED = 1024 * 1024

/** A frame is a task of the page: a long replay goes in several. */
const MAX_MESSAGES = 64

/**
 * One tab at the shared connection. What is for it is gathered while a frame of the server is read,
 * and goes out together.
 */
export class Tab {
  readonly number: number
  readonly #port: TabPort
  #gathered: PassedMessage[] = []
  #sent = 0
  #taken = 0
  isWelcome = false
  /** Nonces of pings that wait until the server has been heard. */
  pings: string[] = []

  constructor(number: number, port: TabPort) {
    this.number = number
    this.#port = port
  }

  get isTooFarBehind(): boolean {
    return this.#sent - this.#taken > MAX_OWED
  }

  opened(): void {
    this.#port.opened()
  }

  closed(code: number, reason: string, status: number | undefined): void {
    this.#port.closed(code, reason, status)
  }

  taken(characters: number): void {
    this.#taken = characters
  }

  gather(message: PassedMessage): void {
    this.#gathered.push(message)
  }

  flush(): void {
    const gathered = this.#gathered
    this.#gathered = []
    for (let at = 0; at < gathered.length; at += MAX_MESSAGES) {
      const text = JSON.stringify(gathered.slice(at, at + MAX_MESSAGES))
      this.#sent += text.length
      this.#port.frame(text)
    }
  }

  /** The tab's own id of a request, made unique among tabs. */
  own(id: string): string {
    return `${this.number}.${id}`
  }
}
