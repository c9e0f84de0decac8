import { afterEach, beforeEach, describe } from 'vitest'

import { commitContract } from './contract-commit.ts'
import { crashContract } from './contract-crash.ts'
import { modelContract } from './contract-model.ts'
import { readContract } from './contract-read.ts'
import { removalContract } from './contract-removal.ts'
import type { StoreUnderTest } from './contract-store.ts'

/** What every implementation of the journal's port does, whatever holds it. */
export function journalContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`the contract of a journal: ${name}`, () => {
    let store: StoreUnderTest

    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store[Symbol.asyncDispose]())

    commitContract(() => store)
    readContract(() => store)
    removalContract(() => store)
    modelContract(() => store)
    crashContract(() => store)
  })
}
