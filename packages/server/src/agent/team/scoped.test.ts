import { afterAll, beforeAll, expect, test } from 'vitest'

import { teamStage, type TeamStage } from '../../../testing/team-stage.ts'
import type { Attachment } from '../step.ts'

/** A usage export; dollars of list prices stand behind each row. */
const USAGE = `start_time,start_time_iso,project_name,num_model_requests,user_email,model,api_key_name,input_tokens,output_tokens
1767225600,2026-01-01T00:00:00,Support,1000,ann@x.com,gpt-4o,prod,4000000,300000
1767312000,2026-01-02T00:00:00,Search,5000,ben@x.com,gpt-4o-mini,search,9000000,700000
1767398400,2026-01-03T00:00:00,batch,50,cid@x.com,gpt-4o,batch,200000,10000
1767484800,2026-01-04T00:00:00,Lab,40,cid@x.com,acme-finetune-x,lab,150000,12000
`
const SUPPORT = 4 * 2.5 + 0.3 * 10
const SEARCH = 9 * 0.15 + 0.7 * 0.6
const BATCH = 0.2 * 2.5 + 0.01 * 10
const ALL = SUPPORT + SEARCH + BATCH
const usd = (value: number): string => `**$${value.toFixed(2)}**`

let stage: TeamStage
let usage: Attachment
beforeAll(async () => {
  stage = await teamStage()
  usage = await stage.attach('usage.csv', USAGE)
})
afterAll(() => stage[Symbol.asyncDispose]())

const firstLine = async (question: string): Promise<string> => {
  const { text } = await stage.ask(question, [usage])
  return text.split('\n')[0] ?? ''
}

test('what was spent is an estimate that names its prices, and what is not in it', async () => {
  const line = await firstLine('What did we spend?')
  expect(line).toContain(`estimated cost is ${usd(ALL)}`)
  expect(line).toMatch(/list prices .*genai-prices \d+\.\d+\.\d+, 20\d\d-\d\d-\d\d/)
  expect(line).toContain(
    'Not in it: 40 requests without a price, because the price catalogue does not have acme-finetune-x',
  )
})

test.each([
  ['What did Support spend?', 'where project is Support', SUPPORT],
  ['What did we spend only for Search?', 'where project is Search', SEARCH],
  ['How much did ben@x.com cost us?', 'where user is', SEARCH],
])('%s is answered of these requests alone, and says so', async (question, scope, cost) => {
  const line = await firstLine(question)
  expect(line).toContain(scope)
  expect(line).toContain(usd(cost))
})

test('a word that is also the name of a project is no condition by itself', async () => {
  const line = await firstLine('How much would batch processing save us on what we spent?')
  expect(line).not.toContain(' where ')
  expect(line).toContain(usd(ALL))
})

test('how much of it ran on a model is no question of what all would cost there', async () => {
  const line = await firstLine('How much of it did we spend on gpt-4o?')
  expect(line).toContain('where model is gpt-4o')
  expect(line).toContain(usd(SUPPORT + BATCH))
})

test('whoever asks for the dearest, for a request or for a reason hears of it', async () => {
  const whose = await firstLine('Which user spent the most?')
  expect(whose).toMatch(/By user, .*ann@x\.com.* costs most: \$13\.00/)
  const each = await firstLine('What did we spend per request?')
  expect(each).toContain(`$${Number((ALL / 6_050).toPrecision(3))} a request on average`)
  const why = await firstLine('Why is our bill so high?')
  expect(why).toContain('is not in usage data')
})
