import { count, mentions, money, used, type Check } from '../check.ts'
import { callsOf, costAsItIs, costOn, largest, sum, type Call } from '../data.ts'
import type { Question } from '../question.ts'

/** The days of the workload are 4 to 7 May 2026: two before, and two after. */
const [FOUR, FIVE, SIX, SEVEN] = ['2026-05-04', '2026-05-05', '2026-05-06', '2026-05-07'].map(
  (day) => callsOf(day),
) as [Call[], Call[], Call[], Call[]]

const difference = costAsItIs(SEVEN) - costAsItIs(SIX)
const direction = difference > 0 ? 'rose' : 'fell'
const wrongWay = difference > 0 ? 'go down' : 'go up'

const costOfSide = (calls: readonly Call[], side: 'input' | 'output'): number =>
  costOn(
    'gpt-4o',
    calls.map((call) => ({ ...call, input: 0, output: 0, [side]: call[side] })),
  )

/** The logarithmic mean Divisia index by its definition: on one model, of input and output tokens. */
function volumeEffect(before: readonly Call[], after: readonly Call[]): number {
  return sum(
    (['input', 'output'] as const).map((side) => {
      const [old, now] = [costOfSide(before, side), costOfSide(after, side)]
      return ((now - old) / Math.log(now / old)) * Math.log(after.length / before.length)
    }),
  )
}

/** The user whose cost differs most, whichever way. */
function mostChanged(): [string, number] {
  const of = (user: string): number => {
    const own = (calls: readonly Call[]) => costAsItIs(calls.filter((call) => call.user === user))
    return own(SEVEN) - own(SIX)
  }
  const users = [...new Set([...SIX, ...SEVEN].map(({ user }) => user))]
  const [user] = largest(new Map(users.map((name) => [name, Math.abs(of(name))])))
  return [user, of(user)]
}

const [user, usersDifference] = mostChanged()

const ofModel = (calls: readonly Call[]): number =>
  costAsItIs(calls.filter(({ model }) => model === 'gpt-4o'))

const change = (
  id: string,
  asked: Pick<Question, 'ask' | 'file' | 'after'>,
  ...checks: readonly Check[]
): Question => ({
  id: `change-${id}`,
  group: 'spend',
  agent: 'supervisor',
  ...asked,
  checks: [used('compare_periods'), ...checks],
})

export const changes: readonly Question[] = [
  change(
    'days',
    { ask: 'Compare the cost of 7 May with 6 May', file: 'workload' },
    money('the earlier day', costAsItIs(SIX)),
    money('the later day', costAsItIs(SEVEN)),
    money('the difference', Math.abs(difference)),
    mentions('the year that was taken', /2026/),
  ),
  change(
    'by-user',
    { ask: 'and by user?', after: 'change-days' },
    mentions('whose it is most', new RegExp(`\\b${user}\\b`)),
    money('theirs', Math.abs(usersDifference)),
  ),
  change(
    'wrong-way',
    { ask: `Why did cost ${wrongWay} on 7 May?`, file: 'workload' },
    mentions('that it did not', new RegExp(`it ${direction} by`)),
    money('the difference', Math.abs(difference)),
  ),
  change(
    'since',
    { ask: 'What changed since 6 May, with everything on gpt-4o?', file: 'bare' },
    count('requests before', FOUR.length + FIVE.length),
    count('requests since', SIX.length + SEVEN.length),
    money(
      'what more or fewer requests cost',
      Math.abs(volumeEffect([...FOUR, ...FIVE], [...SIX, ...SEVEN])),
    ),
  ),
  change(
    'whose',
    { ask: `Why did the spend of ${user} change between 6 May and 7 May?`, file: 'workload' },
    money('the difference', Math.abs(usersDifference)),
    mentions('whose it is', new RegExp(`user is ${user}\\b`)),
  ),
  change(
    'of-a-model',
    { ask: 'Why did gpt-4o cost more or less on 7 May than on 6 May?', file: 'workload' },
    money('the earlier day', ofModel(SIX)),
    money('the later day', ofModel(SEVEN)),
  ),
]
