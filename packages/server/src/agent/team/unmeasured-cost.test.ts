import { afterAll, beforeAll, expect, test } from 'vitest'

import { teamStage, type TeamStage } from '../../../testing/team-stage.ts'

const WHY = 'Why did our AI spend change between March and April?'
const days = [...Array(60).keys()].map((place) =>
  new Date(Date.UTC(2026, 2, 1) + place * 86_400_000).toISOString().slice(0, 10),
)

/** By the day; $3 and $15 a million tokens, twice the input in April. */
const ANTHROPIC = `usage_date_utc,model_version,workspace,usage_type,usage_input_tokens_no_cache,usage_input_tokens_cache_read,usage_output_tokens
${days.map((day) => `${day},claude-sonnet-4-5-20250929,Default,standard,${day < '2026-04' ? 100_000 : 200_000},0,10000`).join('\n')}
`
const single = (costOf: (day: string, user: string) => string): string =>
  `time,model,user,input_tokens,output_tokens,cost_usd
${days.flatMap((day) => ['ann', 'ben'].map((user, at) => `${day}T${at === 0 ? '00:01' : '23:59'}:00Z,house-llm-7,${user},1000,100,${costOf(day, user)}`)).join('\n')}
`

let stage: TeamStage
beforeAll(async () => {
  stage = await teamStage({ script: [] })
})
afterAll(() => stage[Symbol.asyncDispose]())

const ask = async (question: string, name: string, text: string): Promise<string> => {
  const file = await stage.attach(name, text)
  return (await stage.ask(question, [file], { model: 'netra/builtin' })).text
}

test('an export without a number of requests: tokens and cost are told, requests are not', async () => {
  const said = await ask('Where does the money go?', 'anthropic.csv', ANTHROPIC)
  expect(said).toContain('How many requests there were is not measurable')
  expect(said).toContain('8,900,000 input tokens')
  expect(said).toContain('estimated cost is **$35.70**')
  expect(said).not.toContain('gave no result')
})

test('and why it costs more is told by its tokens, with how far the data go', async () => {
  const said = await ask(WHY, 'anthropic.csv', ANTHROPIC)
  expect(said).toContain('rose by **$7.80**')
  expect(said).toContain('| tokens per hour |')
  expect(said).not.toContain('tokens per request')
  expect(said).toMatch(/Of the later period the data hold only 9\d\.\d %/)
})

test('a month without cost or price is no month of $0.00', async () => {
  const text = single((day) => (day < '2026-04' ? '' : '0.01'))
  const [said = ''] = (await ask(WHY, 'half-cost.csv', text)).split('\n')
  expect(said).toContain('nothing in 2026-03-01 to 2026-03-31 has a cost or a price')
  expect(said).toContain('Requests fell by **4**')
  expect(said).not.toContain('new')
})

test('what went with the change comes first, then what went against it', async () => {
  const text = single((day, user) => {
    if (user === 'ben') return day < '2026-04' ? '0.10' : '0.05'
    return day < '2026-04' ? '0.01' : '0.20'
  })
  const said = await ask(`${WHY.slice(0, -1)} by user?`, 'users.csv', text)
  expect(said).toMatch(/By user, ann contributes most: \+\$[\d.]+; ben went the other way: -\$/)
})
