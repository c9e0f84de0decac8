import {
  byGroup,
  day,
  figures,
  groups,
  hour,
  key,
  NOUNS,
  numeric,
  ranked,
  say,
  sayValue,
  type Phrasing,
  type Template,
} from './phrasings.ts'
import {
  below,
  groupBy,
  mean,
  numbersOf,
  pick,
  quantile,
  sum,
  type Random,
  type RandomTable,
} from './random-table.ts'

/** Phrasings of shares, figures over groups, conditions on groups, and parts of the calendar. */

const sharing: Template[] = [
  ({ table, random }) => {
    const [column] = table.groups
    const value = pick(random, table.values[0])
    const part = table.rows.filter((row) => row[column] === value).length
    const [noun, said] = [pick(random, NOUNS), sayValue(value, random)]
    return figures(
      pick(random, [
        `What share of the ${noun} has ${say(column, random)} ${said}?`,
        `what percentage of ${noun} went to ${said}`,
        `What fraction of ${noun} is ${said}?`,
        `How much of the ${noun} comes from ${said}?`,
      ]),
      (100 * part) / table.rows.length,
    )
  },
  ({ table, random }) => {
    const [column] = table.groups
    const entries = [...groupBy(table.rows, (row) => key(row, column))]
    return groups(
      `${pick(random, ['share', 'percentage', 'proportion'])} of ${pick(random, NOUNS)} by ${say(column, random)}`,
      entries.map(
        ([name, rows]) => [name, [rows.length, (100 * rows.length) / table.rows.length]] as const,
      ),
    )
  },
  ({ table, random }) => {
    const [column] = table.groups
    const [amount] = table.amounts
    const whole = sum(numbersOf(table.rows, amount))
    return groups(
      `share of total ${say(amount, random)} ${pick(random, ['by', 'per'])} ${say(column, random)}`,
      byGroup(table.rows, column, (rows) => sum(numbersOf(rows, amount))).map(
        ([name, [part = Number.NaN]]) => [name, [part, (100 * part) / whole]] as const,
      ),
    )
  },
]

const HOUR_MS = 3_600_000

const overGroups: Template[] = [
  ({ table, random }) => {
    const counts = groupBy(table.rows, (row) => hour(row, table.time))
    const hours = [...counts.keys()].map((at) => Date.parse(`${at.replace(' ', 'T')}Z`) / HOUR_MS)
    const span = Math.max(...hours) - Math.min(...hours) + 1
    const average = mean([...counts.values()].map((rows) => rows.length))
    const noun = pick(random, NOUNS)
    return figures(
      pick(random, [
        `average ${noun} per hour`,
        `Average number of ${noun} per hour?`,
        `How many ${noun} per hour on average?`,
        `mean hourly ${noun}`.replace('hourly ', '').concat(' each hour'),
      ]),
      average,
      ...(span > hours.length ? [table.rows.length / span] : []),
    )
  },
  ({ table, random }) => {
    const counts = [...groupBy(table.rows, (row) => hour(row, table.time)).values()].map(
      (rows) => rows.length,
    )
    const noun = pick(random, NOUNS)
    const [words, value] = pick(random, [
      ['peak', Math.max(...counts)],
      ['maximum number of', Math.max(...counts)],
      ['median', quantile(counts, 0.5)],
      ['p95 of', quantile(counts, 0.95)],
    ] as const)
    return figures(
      `${words} ${noun} ${pick(random, ['per hour', 'in one hour', 'an hour'])}`,
      value,
    )
  },
  ({ table, random }) => {
    const [column] = table.groups
    const counts = [...groupBy(table.rows, (row) => key(row, column)).values()]
    return figures(
      `average number of ${pick(random, NOUNS)} per ${say(column, random)}`,
      mean(counts.map((rows) => rows.length)),
    )
  },
  ({ table, random }) => {
    const [column] = table.groups
    const limit = 15 + below(random, 15)
    const [words, test] = pick(random, LIMITS)
    const passing = byGroup(table.rows, column, (rows) => rows.length).filter(([, [count = 0]]) =>
      test(count, limit),
    )
    const question = pick(random, [
      `How many ${say(column, random)} have ${words} ${limit} ${pick(random, NOUNS)}?`,
      `number of ${say(column, random)} with ${words} ${limit} ${pick(random, NOUNS)}`,
    ])
    return figures(question, passing.length)
  },
  ({ table, random }) => {
    const [column] = table.groups
    const [words, test] = pick(random, LIMITS)
    const all = byGroup(table.rows, column, (rows) => rows.length)
    const limit = Math.round(mean(all.map(([, [count = 0]]) => count)))
    const passing = all.filter(([, [count = 0]]) => test(count, limit))
    const question = pick(random, [
      `Which ${say(column, random)} have ${words} ${limit} ${pick(random, NOUNS)}?`,
      `${say(column, random)} with ${words} ${limit} ${pick(random, NOUNS)}`,
    ])
    return passing.length > 0
      ? groups(question, passing)
      : figures('How many rows?', table.rows.length)
  },
  (scene) => {
    const { table, random } = scene
    const [column] = table.groups
    const measured = numeric(scene)
    const all = byGroup(table.rows, column, (rows) => mean(numbersOf(rows, measured)))
    const limit = Math.round(mean(numbersOf(table.rows, measured)))
    const passing = all.filter(([, [value = Number.NaN]]) => value > limit)
    const question = `Which ${say(column, random)} have an average ${say(measured, random)} above ${limit}?`
    return passing.length > 0 && limit >= 0
      ? groups(question, passing)
      : figures('How many rows?', table.rows.length)
  },
]

const LIMITS: [string, (value: number, limit: number) => boolean][] = [
  ['more than', (value, limit) => value > limit],
  ['at least', (value, limit) => value >= limit],
  ['fewer than', (value, limit) => value < limit],
  ['at most', (value, limit) => value <= limit],
]

const leavingOut: Template[] = [
  (scene) => {
    const { table, random } = scene
    const measured = numeric(scene)
    const [column] = table.groups
    const value = pick(random, table.values[0])
    const rows = table.rows.filter((row) => row[column] !== value)
    return figures(
      `average ${say(measured, random)} ${pick(random, ['without', 'excluding', 'except for', 'except'])} ${sayValue(value, random)}`,
      mean(numbersOf(rows, measured)),
    )
  },
  ({ table, random }) => {
    const column = table.groups[1]
    const [one = '', other = ''] = table.values[1]
    const rows = table.rows.filter((row) => row[column] !== one && row[column] !== other)
    return figures(
      `How many ${pick(random, NOUNS)} without ${sayValue(one, random)} ${pick(random, ['and', 'or'])} ${sayValue(other, random)}?`,
      rows.length,
    )
  },
  ({ table, random }) => {
    const column = table.groups[1]
    const value = pick(random, table.values[1])
    return figures(
      `How many rows where ${say(column, random)} is not ${sayValue(value, random)}?`,
      table.rows.filter((row) => row[column] !== value).length,
    )
  },
]

const WEEKDAYS: Record<string, string> = {
  '2024-05-10': '5 Friday',
  '2024-05-11': '6 Saturday',
  '2024-05-12': '7 Sunday',
}

const calendar: Template[] = [
  ({ table, random }) => {
    const date = 10 + below(random, 3)
    const noun = pick(random, NOUNS)
    return figures(
      pick(random, [
        `How many ${noun} on ${date} May?`,
        `How many ${noun} on May ${date}?`,
        `${noun} on May ${date}th, 2024`,
        `how many ${noun} on the ${date}th of May 2024`,
      ]),
      table.rows.filter((row) => day(row, table.time) === `2024-05-${date}`).length,
    )
  },
  ({ table, random }) => {
    const [amount] = table.amounts
    return figures(
      `total ${say(amount, random)} ${pick(random, ['in May', 'in May 2024', 'in 2024-05', 'during May'])}`,
      sum(numbersOf(table.rows, amount)),
    )
  },
  ({ table, random }) => {
    const [words, test] = pick(random, [
      ['since', (at: string) => at >= '2024-05-11'],
      ['before', (at: string) => at < '2024-05-11'],
      ['after', (at: string) => at > '2024-05-11'],
    ] as const)
    return figures(
      `How many requests ${words} May 11?`,
      table.rows.filter((row) => test(day(row, table.time))).length,
    )
  },
  ({ table, random }) =>
    groups(
      pick(random, ['requests by hour of day', 'rows per hour of the day']),
      byGroup(
        table.rows.map((row) => ({ hour: Number(hour(row, table.time).slice(11, 13)) })),
        'hour',
        (rows) => rows.length,
      ),
    ),
  ({ table, random }) =>
    groups(
      pick(random, ['requests by day of week', 'How many rows by weekday?']),
      [...groupBy(table.rows, (row) => day(row, table.time))].map(
        ([at, rows]) => [WEEKDAYS[at] ?? '', [rows.length]] as const,
      ),
    ),
  ({ table, random }) => {
    const [words, days] = pick(random, [
      ['on Friday', ['10']],
      ['on the weekend', ['11', '12']],
      ['on Friday and Sunday', ['10', '12']],
      ['on weekdays', ['10']],
    ] as const)
    return figures(
      `How many requests ${words}?`,
      table.rows.filter((row) => days.some((one) => day(row, table.time).endsWith(one))).length,
    )
  },
]

const others: Template[] = [
  ({ table, random }) => {
    const [one, other] = table.amounts
    return figures(
      `total ${say(one, random)} plus ${say(other, random)}`,
      sum(numbersOf(table.rows, one)) + sum(numbersOf(table.rows, other)),
    )
  },
  ({ table, random }) => {
    const column = pick(random, [...table.groups, ...table.amounts])
    const counts = [
      ...groupBy(
        table.rows.filter((row) => row[column] !== null),
        (row) => key(row, column),
      ).values(),
    ].map((rows) => rows.length)
    const repeated = counts.filter((count) => count > 1)
    return figures(
      `How many distinct ${say(column, random)} are repeated?`,
      counts.length,
      repeated.length,
      repeated.length === 0 ? 0 : sum(repeated),
    )
  },
  ({ table, random }) => {
    const [column] = table.groups
    return groups(
      `${pick(random, ['most common', 'most popular', 'most used', 'most frequent'])} ${say(column, random)}`,
      ranked(
        byGroup(table.rows, column, (rows) => rows.length),
        1,
        1,
      ),
    )
  },
  ({ table, random }) => {
    const [column] = table.groups
    return groups(
      `${pick(random, ['breakdown', 'distribution'])} of ${pick(random, NOUNS)} by ${say(column, random)}`,
      byGroup(table.rows, column, (rows) => rows.length),
    )
  },
]

const TEMPLATES: Template[] = [...sharing, ...overGroups, ...leavingOut, ...calendar, ...others]

/** One phrasing of each template over one table. */
export const shapedPhrasingsFor = (table: RandomTable, random: Random): Phrasing[] =>
  TEMPLATES.map((template) => template({ table, random }))

/** What comes close to such questions and has no certain answer. */
export function shapedRefusedFor(table: RandomTable, random: Random): string[] {
  const [one, other] = table.groups.map((name) => say(name, random))
  const [number, second] = table.amounts.map((name) => `"${name}"`)
  const value = sayValue(table.values[0][0] ?? '', random)
  const another = sayValue(table.values[1][0] ?? '', random)
  return [
    'share of requests',
    `share of average ${number} by ${one}`,
    `share of requests by ${one} and ${other}`,
    `What share of ${value} requests has ${number} over 50?`,
    `top 3 ${one} by share of requests`,
    `share of requests by ${one} as a chart`,
    `share of requests by ${one} where ${number} is over 50`,
    `share of ${another} requests by ${one}`,
    `How many requests and share of requests by ${one}`,
    `How many requests and repeated ${one}`,
    `requests on May 10 and May 11`,
    `requests in May and in May 2024`,
    `average requests by ${one}`,
    `average requests per hour by ${one}`,
    `total requests per hour`,
    `average requests per zqxwv`,
    `How many requests from ${one} with more than 10 requests?`,
    `average ${number} of ${one} with more than 10 requests`,
    `top 3 ${one} with more than 10 requests`,
    `${one} with more than 10 requests and more than 5 requests`,
    `which hours have fewer than 3 requests`,
    `average ${number} without zqxwv`,
    `requests without ${value} and ${another}`,
    `average ${number} without ${one}`,
    `requests in April`,
    `requests in zqxwv 2024`,
    `requests on 31 February`,
    `requests on Friday on Sunday`,
    `requests on May 45`,
    `repeated requests`,
    `repeated ${one} by ${other}`,
    `average of repeated ${one}`,
    `${number} plus 5`,
    `total ${number} plus ${one}`,
    `total ${number} plus ${second} plus ${number}`,
    `breakdown of requests`,
    `breakdown of zqxwv by ${one}`,
    `most used ${one} per ${other}`,
    `which ${one} has the most requests per day`,
    `requests slower than 5`,
    `requests that took more than 5 ms`,
    `slowest ${one}`,
    `is ${value} better than ${another}?`,
    `is ${value} slower than ${another}?`,
    `who has the most requests`,
    `most expensive ${one}`,
    `How many sent requests?`,
    `requests made`,
    `last 5 requests`,
  ]
}
