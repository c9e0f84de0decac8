import type { Meaning } from '../question/meaning.ts'

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']

/** Before a unit of time: `requests in one hour` are the requests of each hour. */
export const UNIT_PHRASES = [
  'in one',
  'in a',
  'in an',
  'in a single',
  'in any',
  'in any one',
  'a',
  'an',
]

/** Phrases that ask for more than plain figures of columns. */
export const MORE_ENTRIES: [Meaning, string][] = [
  [
    { kind: 'filler' },
    'pls|plz|kindly|in there|everything|all of|of all|of our|does this cover|does it cover|does the data cover|does the file cover|is covered',
  ],
  [
    { kind: 'where', weak: true },
    'who used|who use|who uses|use|uses|used|make|makes|made|send|sends|sent|making|sending|who made|who sent|who have|who has|go to|goes to|went to|come from|comes from|came from|belong to|belongs to',
  ],
  [
    { kind: 'breakdown' },
    'breakdown|breakdown of|a breakdown of|break down|break down of|distribution|distribution of|split of|the split of',
  ],
  [
    { kind: 'share' },
    'share|share of|shares of|shares|percentage|percentage of|percentages of|percent of|proportion|proportion of|fraction|fraction of|%|how much of|what part of|per cent of',
  ],
  [{ kind: 'plus' }, 'plus|+'],
  [
    { kind: 'repeats' },
    'repeated|repeat|repeats|duplicate|duplicates|duplicated|duplicate values of|repeated values of|have the same|share the same|has the same|with the same|more than once|were repeated|are repeated|is repeated|was repeated|repeated more than once|occur more than once|appear more than once',
  ],
  [
    { kind: 'part', part: 'hour of day' },
    'hour of day|hour of the day|hours of the day|time of day|time of the day|hours of day|hour-of-day',
  ],
  [
    { kind: 'part', part: 'day of week' },
    'day of week|day of the week|days of the week|day-of-week|weekday name',
  ],
  ...WEEKDAYS.map((name, place): [Meaning, string] => [
    { kind: 'weekday', days: [place + 1] },
    `${name}|${name}s`,
  ]),
  [{ kind: 'weekday', days: [6, 7] }, 'weekend|weekends|the weekend|a weekend'],
  [{ kind: 'weekday', days: [1, 2, 3, 4, 5] }, 'weekday|weekdays|working days'],
  [
    { kind: 'edge', ends: ['minimum'] },
    'when was the first|when was the earliest|when is the first|when is the earliest|what time was the first|time of the first|date of the first|when did we make the first',
  ],
  [
    { kind: 'edge', ends: ['maximum'] },
    'when was the last|when was the latest|when was the most recent|when is the last|when is the latest|when is the most recent|what time was the last|time of the last|date of the last',
  ],
  [
    { kind: 'edge', ends: ['minimum', 'maximum'] },
    'time period|time range|date range|time span|period of time|dates covered|range of dates',
  ],
  [{ kind: 'duration' }, 'took|takes|take|taking|lasted|lasting'],
  [{ kind: 'duration', comparison: '>' }, 'slower than|is slower than|are slower than'],
  [
    { kind: 'duration', comparison: '<' },
    'faster than|quicker than|is faster than|are faster than|are quicker than',
  ],
  [{ kind: 'duration', direction: 'descending' }, 'slowest'],
  [{ kind: 'duration', direction: 'ascending' }, 'fastest|quickest'],
  [{ kind: 'who' }, 'who'],
  [{ kind: 'price' }, 'prices'],
  [
    { kind: 'extreme', direction: 'descending', counts: true },
    'most popular|most used|most common|most frequent|most frequently used|most often used|most often|most active|most frequently',
  ],
  [
    { kind: 'extreme', direction: 'ascending', counts: true },
    'least popular|least used|least common|least frequent|least often used|least active|least often',
  ],
  [
    { kind: 'columns' },
    'missing values|any missing values|empty values|any empty values|null values|any nulls|nulls',
  ],
]
