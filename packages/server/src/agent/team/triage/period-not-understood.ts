import { mentionsIn } from './mentions.ts'
import { DATE, MONTH_OF, NUMBER, readDate } from './read-date.ts'
import { readSpan, SPAN, spelledOut } from './read-span.ts'

const UNIT = String.raw`(?:minutes?|hours?|days?|weeks?|weekends?|fortnights?|months?|quarters?|half|halves|years?|decades?|semesters?|seasons?|sprints?)`
const WHICH = String.raw`(?:last|past|previous|prior|preceding|recent|latest|this|current|first|second|third|fourth|final)`

/** Words of time; what of them no form of a period has taken was not understood. */
const TIME_WORDS = new RegExp(
  [
    String.raw`(?:(?:in|during|over|of|for|since|within|from|until|before|after|through|than|with|versus|vs\.?|against)\s+)?(?:the\s+|our\s+)?(?<!\b(?:per|each|a)\s)${WHICH}\s+(?:(?:${NUMBER}|few|couple of|several|full|whole|complete|business|working|fiscal|financial)\s+)?${UNIT}`,
    String.raw`(?:in|during|over|for|since)\s+(?:the\s+|a\s+)?(?:\w+\s+)?fortnights?|fortnights?`,
    String.raw`(?:at |on |over |during )?(?:the )?(?:weekends?|holidays?|christmas|easter|thanksgiving|black friday)`,
    String.raw`(?:in|during|over|this|last)\s+(?:the\s+)?(?:spring|summer|autumn|winter)`,
    String.raw`(?:${NUMBER}|an?|few|several)\s+(?:hours?|days?|weeks?|months?|years?)\s+ago|lately|recently|of late|the other day`,
    String.raw`(?:in|at|during|this)\s+(?:the\s+)?(?:mornings?|afternoons?|evenings?|nights?|noon|midnight)|tonight`,
    String.raw`(?:early|mid|late|beginning of|end of|middle of|start of)[- ]${MONTH_OF}`,
    String.raw`since\s+(?:the\s+|our\s+)?(?!(?:we|you|i|it|they|he|she|there|this|that|these|those|our|the|all|then)\b)[\w-]+`,
    String.raw`(?:q[1-9]|h[1-9]|week\s+\d+)`,
    String.raw`\d{1,2}:\d{2}|\d{1,2}\s?[ap]m`,
    String.raw`\d{1,2}/\d{1,2}(?:/\d{2,4})?|\d{1,2}\.\d{1,2}\.(?:\d{2,4})?`,
  ]
    .map((source) => String.raw`(?<![\w.$-])(?:${source})(?![\w-])`)
    .join('|'),
  'i',
)

/** What can be asked, in the forms that are read. */
const FORMS =
  'Periods can be asked as “last week”, “the last 14 days”, “in April”, “since 3 March”, “between 1 April and 14 April”, “the first half of April”, “week 15 and week 16”, “Q1 and Q2” or “between 18:20 and 18:40”.'

/**
 * Why the period of a question was not understood, in words for the person; undefined where it was.
 *
 * @param taken the words of the period that was read, if one was
 */
export function periodNotUnderstood(
  question: string,
  { isChange, taken }: { isChange: boolean; taken: string | undefined },
): string | undefined {
  const asked = spelledOut(question)
  const impossible = noSuchDay(asked)
  if (impossible !== undefined)
    return `There is no “${impossible}”, so nothing was computed. ${FORMS}`
  let rest = asked
  if (taken !== undefined) rest = rest.replace(taken, ' ; ')
  if (isChange) for (const { words } of mentionsIn(asked)) rest = rest.replace(words, ' ; ')
  const left = TIME_WORDS.exec(rest)?.[0].trim()
  return left === undefined
    ? undefined
    : `I did not understand the period “${left}”, so nothing was computed rather than for another period. ${FORMS}`
}

/** 31 April, week 60. */
function noSuchDay(question: string): string | undefined {
  const day = [...question.matchAll(new RegExp(`\\b${DATE}\\b`, 'gi'))].find(
    ([words]) => readDate(words) === undefined,
  )
  const span = [...question.matchAll(new RegExp(`\\b(?:${SPAN})\\b`, 'gi'))].find(
    ([words]) => readSpan(words, question) === undefined && /week \d|\d:\d/i.test(words),
  )
  return (day ?? span)?.[0]
}
