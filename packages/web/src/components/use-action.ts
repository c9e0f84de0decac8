import { useState } from 'react'

import { problemText } from '../live/api.ts'

export interface Action<Args extends unknown[]> {
  isBusy: boolean
  problem: string | null
  /** Resolves to whether it worked; never rejects. */
  run: (...args: Args) => Promise<boolean>
}

/** Something that a button does: once at a time, with what went wrong in words. */
export function useAction<Args extends unknown[]>(
  work: (...args: Args) => Promise<unknown>,
): Action<Args> {
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const run = async (...args: Args) => {
    if (isBusy) return false
    setBusy(true)
    setProblem(null)
    try {
      await work(...args)
      return true
    } catch (error) {
      setProblem(problemText(error))
      return false
    } finally {
      setBusy(false)
    }
  }
  return { isBusy, problem, run }
}
