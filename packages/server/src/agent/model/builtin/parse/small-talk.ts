export type SmallTalk = 'greeting' | 'thanks' | 'help'

const PHRASES: [SmallTalk, RegExp][] = [
  [
    'help',
    /^(?:(?:hi|hello|hey)[\s,!.]+)?(?:help(?: me)?|what (?:can|do|could) (?:you|i|netra) (?:do|ask|help(?: me)? with|know)(?: (?:you|here|now|with (?:this|it|my (?:data|file|csv)|this (?:data|file|csv)|a csv file i upload)))?|what are you(?: able to do)?|who are you|how (?:do|does) (?:you|this|it) work|what (?:kind of )?questions can i ask|what can i ask(?: you)?|how can you help(?: me)?)$/,
  ],
  [
    'greeting',
    /^(?:hi|hello|hey|hallo|good (?:morning|afternoon|evening|day)|greetings|howdy|yo)(?:[\s,]+(?:there|netra|all|everyone|again))?$/,
  ],
  [
    'thanks',
    /^(?:(?:ok|okay|great|perfect|nice|cool|good|super|wonderful)[\s,!.]*)?(?:thanks?(?: you)?|thank you|thx|cheers|ty)(?:[\s,]+(?:a lot|very much|so much|netra|again))?$|^(?:ok|okay|great|perfect|nice|cool|good|got it|well done)$/,
  ],
]

/** A message that asks nothing of any table. */
export function smallTalkOf(message: string): SmallTalk | undefined {
  const plain = message
    .toLowerCase()
    .trim()
    .replace(/[\s!.?,]+$/, '')
  return PHRASES.find(([, pattern]) => pattern.test(plain))?.[0]
}
