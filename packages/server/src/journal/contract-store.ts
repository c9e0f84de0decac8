import type { Journal } from './journal.ts'

/** One store under test; disposing it removes the store. */
export interface StoreUnderTest extends AsyncDisposable {
  journal: Journal
  /** Closes the journal and opens it again on the same store. */
  reopen(): Promise<Journal>
  crash: CrashChild
}

/** A script that opens the store, calls `commitUntilKilled`, and is killed while it does. */
export interface CrashChild {
  script: URL
  args: readonly string[]
}
