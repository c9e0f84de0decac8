import type { Meaning } from '../question/meaning.ts'
import type { TimeUnit } from '../question/question.ts'
import { MORE_ENTRIES, UNIT_PHRASES } from './lexicon-more.ts'

const entries: [Meaning, string][] = [
  [
    { kind: 'filler' },
    'the|a|an|of|do|does|did|there|me|please|give|tell|what|my|our|i|we|us|you|can|could|would|will|have|has|had|it|its|this|that|these|those|let|want|know|find|get|calculate|compute|then|also|just|be|been|all|workload|in total|overall|in the data|in this data|in this file|in the file|in the table|in this table|in the dataset|in this dataset|in my data|in my file|of this file|of the file|of the data|of the table|from the data|from the file|of the dataset|this file|the file|this dataset|the dataset|like to know|all the|values of|value of|values in|values for|value for|were made|were used|was used|are used|did we make|as a table|in a table|whole file|entire file|whole workload|entire workload|to me|with me|at the data|i have|we have|do we have|are there',
  ],
  [{ kind: 'list' }, 'show|list|display|print|show me|list all|give me'],
  [{ kind: 'be' }, 'is|are|was|were'],
  [{ kind: 'which' }, 'which|which of the'],
  [
    { kind: 'count' },
    'how many|how much|number of|the number of|total number of|count|counts|count of|count the|how many total|total count|total count of|amount of|volume of|num|number',
  ],
  [
    { kind: 'function', function: 'sum' },
    'total|sum|totals|sum of|total of|sum total|overall total|grand total',
  ],
  [
    { kind: 'function', function: 'average' },
    'average|mean|avg|averages|average of|mean of|on average|arithmetic mean|average value of|mean value of',
  ],
  [{ kind: 'function', function: 'median' }, 'median|median of|median value of'],
  [
    { kind: 'function', function: 'minimum' },
    'min|minimum|minimal|min of|minimum of|minimum value of',
  ],
  [
    { kind: 'function', function: 'maximum' },
    'max|maximum|maximal|peak|max of|maximum of|maximum value of',
  ],
  [
    { kind: 'function', function: 'deviation' },
    'standard deviation|std dev|stddev|std|standard deviation of|stdev|st dev',
  ],
  [
    { kind: 'function', function: 'distinct' },
    'distinct|unique|different|distinct values of|unique values of|different values of|distinct values in|unique values in|distinct count of|unique count of|count distinct|distinct count',
  ],
  [{ kind: 'percentile' }, 'percentile|percentile of|quantile|quantile of|percentiles|pctl|pct'],
  [
    { kind: 'by', divides: false },
    'by|for each|for every|grouped by|group by|broken down by|split by|break down by|breakdown by|across|each|every|by each',
  ],
  [{ kind: 'by', divides: true }, 'per'],
  [
    { kind: 'over-time' },
    'over time|through time|by time|over the time|across time|as a time series|time series|timeline',
  ],
  [{ kind: 'top', direction: 'descending' }, 'top'],
  [{ kind: 'top', direction: 'ascending' }, 'bottom'],
  [{ kind: 'first' }, 'first'],
  [{ kind: 'extreme', direction: 'descending', counts: true }, 'most|the most|busiest'],
  [{ kind: 'extreme', direction: 'ascending', counts: true }, 'fewest|least|the fewest|the least'],
  [
    { kind: 'extreme', direction: 'descending', counts: false },
    'highest|greatest|longest|largest|biggest',
  ],
  [{ kind: 'extreme', direction: 'ascending', counts: false }, 'lowest|shortest|smallest'],
  [
    { kind: 'comparison', comparison: '=' },
    '=|==|exactly|is exactly|equal to|equals|is equal to|are equal to|equal',
  ],
  [
    { kind: 'comparison', comparison: '!=' },
    '!=|<>|≠|is not|are not|was not|were not|not equal to|does not equal|is not equal to|differs from|other than|do not equal',
  ],
  [
    { kind: 'comparison', comparison: '>' },
    '>|more than|greater than|larger than|higher than|bigger than|above|over|exceeding|exceeds|exceed|longer than|in excess of|is more than|is greater than|is above|is over|are above|are over|are greater than|are more than',
  ],
  [
    { kind: 'comparison', comparison: '<' },
    '<|less than|fewer than|smaller than|lower than|below|under|shorter than|is less than|is below|is under|are below|are under|are less than',
  ],
  [
    { kind: 'comparison', comparison: '>=' },
    '>=|≥|at least|no less than|no fewer than|greater than or equal to|more than or equal to|not less than|is at least|are at least',
  ],
  [
    { kind: 'comparison', comparison: '<=' },
    '<=|≤|at most|no more than|up to|less than or equal to|not more than|is at most|are at most',
  ],
  [
    { kind: 'match', match: 'contains' },
    'contains|contain|containing|contain the text|contains the text',
  ],
  [
    { kind: 'match', match: 'starts' },
    'starts with|start with|starting with|begins with|begin with|beginning with',
  ],
  [{ kind: 'match', match: 'ends' }, 'ends with|end with|ending with|ending in|ends in'],
  [{ kind: 'empty' }, 'null|empty|missing|blank'],
  [{ kind: 'between' }, 'between|is between|are between'],
  [{ kind: 'and' }, 'and|as well as|&|,|together with|along with'],
  [{ kind: 'or' }, 'or'],
  [
    { kind: 'not' },
    'not|no|without|except|excluding|besides|never|nor|neither|but|apart from|except for',
  ],
  [
    { kind: 'where' },
    'where|used by|were used by|was used by|made by|were made by|sent by|were sent by|generated by|done by|where|with|whose|having|when|for|on|in|from|that have|which have|if|only|at|during|using|via|among|of those|given|where the',
  ],
  [{ kind: 'where', comparison: '>' }, 'after|later than'],
  [{ kind: 'where', comparison: '<' }, 'before|earlier than|prior to'],
  [{ kind: 'where', comparison: '>=' }, 'since|starting|starting from|from the'],
  [{ kind: 'where', comparison: '<=' }, 'until|till|up until'],
  [
    { kind: 'chart', chart: 'auto' },
    'chart|plot|graph|as a chart|as chart|as plot|as graph|as a graph|as a plot|in a chart|in a graph|on a chart|draw|visualise|visualize|diagram|as a diagram|chart of|plot of|graph of|charted|plotted',
  ],
  [
    { kind: 'chart', chart: 'bar' },
    'bar chart|as bar chart|as a bar chart|bar graph|as bars|bar chart of|bars|column chart|as a bar graph|bar plot',
  ],
  [
    { kind: 'chart', chart: 'line' },
    'line chart|as line chart|as a line chart|line graph|as a line|line chart of|as a line graph|line plot',
  ],
  [{ kind: 'chart', chart: 'area' }, 'area chart|as area chart|as an area chart|area chart of'],
  [{ kind: 'chart', chart: 'histogram' }, 'histogram|histogram of|as a histogram|as histogram'],
  [{ kind: 'price' }, 'cost|costs|price|pricing|priced|price this|price it|spend'],
  [
    { kind: 'compare' },
    'compare|comparison|comparison of|versus|vs|vs.|compared to|compared with|compare the',
  ],
  [
    { kind: 'columns' },
    'column|columns|fields|field|column names|schema|structure|headers|header|attributes|variables|describe|describe the columns|columns are there|describe the data|describe this file|what is in the file|what is in this file|what is in the data|what is in this data|what is in it|describe the file|describe this data|describe the table|describe it|summarise|summarize|overview|profile',
  ],
  [{ kind: 'ratio' }, 'ratio|ratio of|ratio between'],
  [{ kind: 'to' }, 'to|divided by'],
  [{ kind: 'same' }, 'same|the same|what about|how about|instead|do the same'],
  [
    { kind: 'beyond' },
    'why|predict|forecast|correlation|correlate|trend|trends|growth|grow|increase|decrease|change|difference|cumulative|running|rolling|moving|outlier|outliers|anomaly|anomalies|today|yesterday|tomorrow|next|previous|ago|recent|recently|join|merge|delete|update|insert|drop|remove|expensive|cheapest|cheaper|regression|significant|cluster|explain|mode|variance|weighted|consecutive|last|latest|else|rest|half|quarter|quarterly|whom|how|reason|average-case|ever|should|twice|double|than|rate|rank|second highest|almost|about|approximately|roughly|around|if any|unless|while|until now|both|either|same time',
  ],
]

const ROW_NOUNS: [string, string][] = [
  ...['row', 'request', 'call', 'record', 'line', 'event', 'item', 'observation', 'invocation'].map(
    (noun): [string, string] => [noun, `${noun}s`],
  ),
  ['entry', 'entries'],
  ['query', 'queries'],
]

const UNIT_WORDS: [TimeUnit, string, string][] = [
  ['second', 'second|seconds', ''],
  ['minute', 'minute|minutes', 'minutely|minute-by-minute'],
  ['hour', 'hour|hours', 'hourly|hour-by-hour'],
  ['day', 'day|days|date', 'daily|day-by-day'],
  ['week', 'week|weeks', 'weekly'],
  ['month', 'month|months', 'monthly'],
  ['year', 'year|years', 'yearly|annual'],
]

const SMALL_NUMBERS =
  'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'.split(
    ' ',
  )

export const numberOfWord = (word: string): number | undefined => {
  if (word.toLowerCase() === 'zero') return 0
  const place = SMALL_NUMBERS.indexOf(word.toLowerCase())
  return place < 0 ? undefined : place + 1
}

function build(): Map<string, Meaning> {
  const known = new Map<string, Meaning>()
  for (const [meaning, phrases] of [...entries, ...MORE_ENTRIES]) {
    for (const phrase of phrases.split('|')) if (!known.has(phrase)) known.set(phrase, meaning)
  }
  for (const [noun, plural] of ROW_NOUNS) {
    known.set(noun, { kind: 'rows', noun: plural })
    known.set(plural, { kind: 'rows', noun: plural })
  }
  for (const [unit, nouns, adjectives] of UNIT_WORDS) {
    for (const noun of nouns.split('|')) known.set(noun, { kind: 'unit', unit, alone: false })
    for (const phrase of UNIT_PHRASES) {
      known.set(`${phrase} ${unit}`, { kind: 'unit', unit, alone: true })
    }
    for (const adjective of adjectives.split('|')) {
      if (adjective) known.set(adjective, { kind: 'unit', unit, alone: true })
    }
  }
  return known
}

const KNOWN = build()
const LONGEST = Math.max(...[...KNOWN.keys()].map((phrase) => phrase.split(' ').length))

/** The longest known phrase that `words` begins with. */
export function meaningOf(
  words: readonly string[],
): { meaning: Meaning; length: number } | undefined {
  for (let length = Math.min(LONGEST, words.length); length > 0; length -= 1) {
    const meaning = KNOWN.get(words.slice(0, length).join(' ').toLowerCase())
    if (meaning) return { meaning, length }
  }
  return undefined
}
