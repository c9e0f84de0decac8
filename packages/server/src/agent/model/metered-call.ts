import type { LanguageModelV4CallOptions, LanguageModelV4Usage } from '@ai-sdk/provider'

import type { Clock } from '../../platform/clock.ts'
import {
  charactersOf,
  tokensIn,
  UNMETERED,
  usageOf,
  type CallMade,
  type ModelMeter,
} from './meter.ts'
import type { OpenModel } from './models.ts'

/** What one request to a model came to so far. */
export interface Progress {
  /** Something of the answer was told: it cannot be taken back. */
  told: boolean
  /** The service took the request, so it may have used tokens. */
  isAnswered: boolean
  /** That it wrote, reasoning and arguments of calls included. */
  characters: number
  /** As the provider counts; it says so at the end. */
  usage: LanguageModelV4Usage | undefined
}

export const noProgress = (): Progress => ({
  told: false,
  isAnswered: false,
  characters: 0,
  usage: undefined,
})

export interface Metering {
  /** Says once what the request used; later words are of no account. */
  over(status: CallMade['status'], progress: Progress): void
}

interface Metered {
  model: OpenModel
  call: Pick<LanguageModelV4CallOptions, 'prompt' | 'tools'>
  signal: AbortSignal
  clock: Clock
  meter?: ModelMeter | undefined
}

/** Waits until the request may be made. @throws AgentFailure `budget`; the signal's reason. */
export async function admitted(options: Metered, isRetry: boolean): Promise<Metering> {
  const { model, call, signal, clock, meter = UNMETERED } = options
  const likely = () => {
    const usage = usageOf(tokensIn(charactersOf(call)), LIKELY_OUTPUT_TOKENS)
    return { tokens: totalOf(usage), costUsd: model.pricing.costUsd(usage) }
  }
  const isFree = model.name.builtIn === true
  const estimate = (characters: number): LanguageModelV4Usage =>
    usageOf(tokensIn(charactersOf(call)), tokensIn(characters))
  const made = (
    used: LanguageModelV4Usage,
    of: Pick<CallMade, 'at' | 'ms' | 'status' | 'estimated'>,
  ): CallMade => ({
    ...of,
    model: model.name.id,
    inputTokens: counted(used.inputTokens.total),
    cachedInputTokens: counted(used.inputTokens.cacheRead),
    outputTokens: counted(used.outputTokens.total),
    costUsd: model.pricing.costUsd(used),
  })
  const brokenOff = (characters: number): CallMade =>
    made(estimate(characters), { at: clock.now(), ms: 0, status: 'error', estimated: true })
  const wanted = { model: model.name.id, isRetry, isFree, likely, brokenOff }
  const admission = await meter.admit(wanted, signal)
  const at = clock.now()
  const from = clock.monotonic()
  return {
    over(status, progress) {
      if (!progress.isAnswered) return admission.over(null)
      const usage = progress.usage && isCounted(progress.usage) ? progress.usage : undefined
      const used = usage ?? (isFree ? usageOf(0, 0) : estimate(progress.characters))
      const ms = clock.monotonic() - from
      const estimated = usage === undefined && !isFree
      admission.over(made(used, { at, ms, status, estimated }))
    },
  }
}

/** An answer of a page; only held back until the true count is known. */
const LIKELY_OUTPUT_TOKENS = 500

const totalOf = ({ inputTokens, outputTokens }: LanguageModelV4Usage): number =>
  counted(inputTokens.total) + counted(outputTokens.total)

/** A service that counts nothing at all, as some of one's own do. */
const isCounted = ({ inputTokens, outputTokens }: LanguageModelV4Usage): boolean =>
  inputTokens.total !== undefined || outputTokens.total !== undefined

/** What a service counts is its own affair; in the ledger a count is a whole number from 0. */
const counted = (tokens: number | undefined): number =>
  tokens !== undefined && Number.isFinite(tokens)
    ? Math.min(Math.max(0, Math.round(tokens)), Number.MAX_SAFE_INTEGER)
    : 0
