import { createHash } from 'node:crypto'

import { z } from 'zod'

import type { Clock } from '../../platform/clock.ts'
import { pause } from '../abort.ts'
import { ToolError, type Tool } from './tool.ts'

const digestInput = z.strictObject({
  text: z.string(),
  takes_ms: z.number().int().min(0).max(20_000).default(0),
  fails: z.boolean().default(false),
})

const PROGRESS_MS = 250

/** Touches nothing. Its result is not in the question, so an answer that has it went through the tool. */
export const selftestDigest = (clock: Clock): Tool => ({
  name: 'selftest_digest',
  description: 'The first 12 hexadecimal digits of the SHA-256 of a text.',
  input: digestInput,
  timeoutMs: 30_000,
  repeatable: true,
  effect: 'none',
  async run(input, { signal, progress }) {
    const { text, takes_ms: total, fails } = digestInput.parse(input)
    for (let spent = 0; spent < total;) {
      const next = Math.min(PROGRESS_MS, total - spent)
      await pause(clock, next, signal)
      spent += next
      progress({ progress: spent, total })
    }
    if (fails) throw new ToolError('The tool was asked to fail, and did.')
    return {
      digest: createHash('sha256').update(text).digest('hex').slice(0, 12),
      characters: text.length,
    }
  },
})
