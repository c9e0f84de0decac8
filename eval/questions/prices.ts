import { count, mentions, money, used } from '../check.ts'
import { CALLS, costOn, sum } from '../data.ts'
import type { Question } from '../question.ts'

const only = (model: string) => CALLS.filter((call) => call.model === model)

const priced = (
  id: string,
  ask: string,
  file: 'workload' | 'bare',
  ...checks: Question['checks']
): Question => ({ id: `prices-${id}`, group: 'prices', file, ask, checks })

export const prices: readonly Question[] = [
  priced(
    'one',
    'What would this workload cost on gpt-4o?',
    'workload',
    money('gpt-4o', costOn('gpt-4o')),
    used('price_workload', 'substitute_model', 'workload_profile'),
  ),
  priced(
    'two',
    'What would it cost on gpt-4o, and on gpt-4o-mini?',
    'bare',
    money('gpt-4o', costOn('gpt-4o')),
    money('gpt-4o-mini', costOn('gpt-4o-mini')),
  ),
  priced(
    'anthropic',
    'What would all of it cost on claude-sonnet-4-5?',
    'workload',
    money('claude', costOn('claude-sonnet-4-5')),
  ),
  priced(
    'filtered',
    'What would the requests of gpt-4.1 cost on gpt-4o-mini?',
    'workload',
    money('slice', costOn('gpt-4o-mini', only('gpt-4.1'))),
  ),
  priced(
    'saving',
    'How much cheaper would gpt-4o-mini be than gpt-4o for all of these requests?',
    'bare',
    money('saving', costOn('gpt-4o') - costOn('gpt-4o-mini')),
  ),
  priced(
    'unknown',
    'What would this cost on gpt-99-ultra?',
    'workload',
    mentions('says that it is unknown', /not (?:know|in|list)|unknown|no price|no such/i),
  ),
  priced(
    'tokens',
    'How many tokens would be billed in all, input and output together?',
    'bare',
    count('tokens', sum(CALLS.map(({ input, output }) => input + output))),
  ),
]
