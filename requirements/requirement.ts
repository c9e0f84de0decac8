/** One thing that must hold, and where that is shown. */
export interface Requirement {
  /** What must hold, in short; `design` names come from PROTOCOL.md. */
  text: string
  /** `<file> › <the test's title, or how it begins>`: at least one, or one of the two below. */
  tests?: readonly string[]
  /** Only several nodes behind a broker can show it: a later release. */
  cluster?: string
  /** Not yet: the later part that it waits for. */
  later?: string
  /** Why there is no test: it cannot happen here, or belongs to a part that does not exist yet. */
  why?: string
}
