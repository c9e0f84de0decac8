import type { Effect } from '../../tools/workload/lmdi.ts'

const EFFECTS: [Effect, RegExp][] = [
  ['length', /\b(?:length|longer|time with data)\b/i],
  ['volume', /\b(?:volumes?|(?:number of )?(?:requests|calls)|traffic|more usage)\b/i],
  ['mix', /\bmix\b/i],
  ['models', /\bmodels?\b/i],
  ['tokens', /\b(?:tokens?|longer prompts?)\b/i],
  ['price', /\bprices?\b/i],
  ['new', /\bnew\b/i],
  ['gone', /\bgone\b/i],
]
const PART =
  /\b(?:how much|how many dollars|what (?:part|share)|which (?:part|share))\b[^.?!]{0,20}\bof (?:it|that|this|the (?:rise|increase|change|difference|drop|fall|decrease))\b[^.?!]{0,20}\b(?:is|was|are|were|comes? from|came from|due to|because of)\b([^.?!]{1,40})/i

/** `How much of it is volume?`: an effect of the comparison before. */
export function readEffect(question: string): Effect | undefined {
  const of = PART.exec(question)?.[1]
  return of === undefined ? undefined : EFFECTS.find(([, words]) => words.test(of))?.[0]
}
