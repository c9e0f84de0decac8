import type { Member } from './member.ts'

const MARKER = /mk\d+q[0-9a-f]{16}/g
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** Looks at every byte that anybody receives: whose it is. */
export class Watch {
  readonly #owners = new Map<string, Member>()
  readonly #accounts = new Map<string, Member>()
  readonly violations: string[] = []
  bytes = 0
  /** Answers and frames that held something of their reader's own. */
  own = 0

  account(member: Member): void {
    this.#owners.set(member.marker, member)
    this.#accounts.set(member.person.userId, member)
  }

  /** What the server has made for somebody. */
  owns(member: Member, ...ids: unknown[]): void {
    for (const id of ids) if (typeof id === 'string' && id !== '') this.#owners.set(id, member)
  }

  received(reader: Member, text: string, where: string): void {
    this.bytes += text.length
    const things = [...(text.match(MARKER) ?? []), ...(text.match(UUID) ?? [])]
    if (things.includes(reader.marker)) this.own += 1
    for (const thing of new Set(things)) {
      const owner = this.#owners.get(thing)
      if (owner !== undefined && owner !== reader && !reader.named.has(thing)) {
        this.#violation({ reader, owner, thing, where }, text)
      }
    }
    for (const [id, owner] of this.#accounts) {
      if (owner !== reader && text.includes(id) && !reader.named.has(id)) {
        this.#violation({ reader, owner, thing: id, where }, text)
      }
    }
  }

  #violation(
    {
      reader,
      owner,
      thing,
      where,
    }: Record<'reader' | 'owner', Member> & Record<'thing' | 'where', string>,
    text: string,
  ): void {
    const at = text.indexOf(thing)
    const around = text.slice(Math.max(0, at - 80), at + 120)
    this.violations.push(
      `${reader.marker} got ${thing} of ${owner.marker} by ${where}: …${around}…`,
    )
  }
}
