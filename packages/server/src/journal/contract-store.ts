import type { Journal, StreamName } from './journal.ts'

/** One store under test; disposing it removes the store. */
export interface StoreUnderTest extends AsyncDisposable {
  journal: Journal
  /** Closes the journal and opens it again on the same store. */
  reopen(): Promise<Journal>
  /** Alters the stored payload of one event behind the open journal's back. */
  damage(stream: StreamName, seq: number): Promise<void>
  crash: CrashChild
}

/** A script that opens the store, calls `commitUntilKilled`, and is killed while it does. */
export interface CrashChild {
  script: URL
  args: readonly string[]
}
