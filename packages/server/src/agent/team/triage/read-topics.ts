import { NAME_COLUMNS, NAME_WORDS, type NameColumn } from '../../workload/dimensions.ts'
import { asksForChange } from './read-change.ts'
import type { Dimension, Metric, Topic } from './triage.ts'

/** Words by which a topic is known. A weak one names it only where nothing else is named. */
const WORDS: Record<Exclude<Topic, 'other' | 'change'>, { strong: RegExp; weak?: RegExp }> = {
  saving: {
    strong:
      /\b(?:sav(?:e|es|ing|ings)|cheaper|cut(?:ting)? (?:(?:our|the|my|down|back|its|llm|ai|api|on|model) )*(?:costs?|spend\w*|bills?|expenses?)|reduc\w+|optimi[sz]\w*|lower(?:ing)? (?:(?:our|the|my|llm|ai|api) )*(?:costs?|spend\w*|bills?)|waste[sd]?|wasting|overspend\w*|overpay\w*|halve|trim|spend(?:ing)? less|pay(?:ing)? less|less money|what (?:should|could|can|would) (?:we|i|one|you) (?:change|do|improve)|recommend\w*|suggest\w*|quick wins?|low[- ]hanging|save us|bring (?:it|costs?|the bill|spend) down|get (?:it|costs?|the bill|spend) down)\b/i,
  },
  cost: {
    strong:
      /\b(?:costs?|costing|spend\w*|spent|bills?|billing|invoices?|money|expens\w+|budgets?|dollars?|usd|pric(?:e|es|ed|ing)|pay(?:ing)?|charge[sd]?|burn(?:ing|ed)?)\b|[$€£]\s?\d/i,
  },
  model_choice: {
    strong:
      /\b(?:which models?|what models?|other models?|another model|different models?|model (?:choice|selection|mix|substitution)|switch(?:ing|ed)?|migrat\w+|mov(?:e|ing) (?:\w+ )*(?:to|off|from)|swap\w*|replac\w+|instead of|alternatives?|substitut\w+|downgrad\w+|(?:smaller|cheaper|bigger|larger) models?|compare (?:\w+ )*models?|(?:if|had|suppose|what if|imagine|assum\w+)\b[^.?!]{0,60}\b(?:ran|run|runs|running|used|use|on)\b|would (?:this|it|that|everything|we)\b[^.?!]{0,40}\bon)\b/i,
  },
  caching: {
    strong:
      /\b(?:cach(?:e|es|ed|ing|eable|able)|prefix(?:es)?|repeat(?:ed|ing|s)? prompts?|(?:same|identical|duplicate[ds]?|repeated) (?:prompts?|requests?|questions?|inputs?|calls?)|dedup\w*|duplicat\w+|re-?us(?:e|ed|ing|able)|system prompts?|kv[- ]?cache)\b/i,
  },
  batch: {
    strong:
      /\b(?:batch(?:es|ed|ing)?|asynchron\w+|overnight|off[- ]?peak|off[- ]?line|not urgent work|background jobs?)\b/i,
  },
  growth: {
    strong:
      /\b(?:grow(?:s|th|ing|n)?|forecast\w*|project(?:ed|ion|ions)|extrapolat\w+|scal(?:e|es|ing) (?:up|to)|capacit\w+|next (?:month|quarter|year|week)|(?:double|triple|quadruple|twice|three times|\d+(?:[.,]\d+)?\s?(?:x|×|times))(?= |$|[?.!,])|by (?:the end of|year end|december)|in (?:\d+|two|three|six|twelve) months?|headroom|run rate)/i,
  },
  rate_limits: {
    strong:
      /\b(?:rate[- ]?limit(?:s|ed|ing)?|thrott?l\w*|429s?|tpm|rpm|quotas?|(?:requests?|tokens?) (?:per|a|each|\/) ?min(?:ute)?|provisioned throughput|ptus?)\b/i,
  },
  anomaly: {
    strong:
      /\b(?:anomal\w+|spik(?:e|es|ed|ing|y)|outliers?|unusual\w*|abnormal\w*|unexpected\w*|strange|weird|odd|sudden\w*|jump(?:s|ed)?|surge[sd]?|explod\w+|blew up|blown up|went (?:up|wrong|through the roof)|trend\w*|drift\w*|deviat\w+|suspicious)\b/i,
  },
  performance: {
    strong:
      /\b(?:latenc\w+|slow(?:er|est|ly|ness)?|fast(?:er|est)?|speed|response times?|ttft|time to first token|first[- ]token|throughput|p(?:50|75|90|95|99)\b|percentiles?|timeouts?|error rates?|errors?|failures?|failing|reliab\w+|performan\w+)\b/i,
  },
  usage: {
    strong:
      /\b(?:utili[sz]ation|patterns?|busiest|peak\w*|traffic|who (?:uses|is using|used)|which (?:users?|teams?|projects?|customers?|keys?|endpoints?)|heav(?:y|iest) users?|top (?:\d+ )?(?:users?|teams?|projects?|customers?|consumers?)|per (?:hour|day|week|month|user|project|team|customer)|by (?:hour|day|weekday|user|project|team)|distribut\w+|how (?:many|much) (?:requests?|tokens?|calls?)|load profile)\b/i,
    weak: /\b(?:usage|volumes?|workloads?|requests?|tokens?|calls?)\b/i,
  },
  correlation: {
    strong:
      /\b(?:correlat\w+|relationships?|relat(?:e|ed|es) (?:to|with)|depend(?:s|ent|ence)? (?:on|upon)|associat\w+|driv(?:e|es|en|ing|ers?)|influenc\w+|because of|explain(?:s|ed)? (?:by|the)|linked? (?:to|with)|effects? of|impact of)\b/i,
  },
  report: {
    strong:
      /\b(?:reports?|summar(?:y|ies|i[sz]e)|overview|write[- ]?up|presentation|dashboards?|review|audit|assess\w*|analy[sz]e|analysis|for (?:the|my|our) (?:cfo|boss|manager|board|team|management))\b/i,
  },
}

/** Where several are named, the one that decides what is done comes first. */
const ORDER: Exclude<Topic, 'other' | 'change'>[] = [
  'rate_limits',
  'caching',
  'batch',
  'growth',
  'anomaly',
  'correlation',
  'performance',
  'saving',
  'model_choice',
  'cost',
  'usage',
  'report',
]

/** What a question is about, what decides most first; `other` when it is about no AI spend. */
export function readTopics(question: string): Topic[] {
  const topics = topicsIn(question)
  if (!asksForChange(question)) return topics
  return [
    'change',
    ...topics.filter((topic) => BESIDE_CHANGE[topic]?.test(question) ?? topic !== 'other'),
  ]
}

/** “Doubled”, “jumped” and “because of” say that it changed; these words say that more is asked. */
const BESIDE_CHANGE: Partial<Record<Topic, RegExp>> = {
  growth: /\b(?:forecast\w*|project(?:ed|ion|ions)|headroom|run rate)\b/i,
  anomaly: /\b(?:anomal\w+|outliers?|unusual\w*|trends?)\b/i,
  correlation: /\bcorrelat\w+\b/i,
  saving:
    /\b(?:sav(?:e|ing|ings)|cut|reduce|optimi[sz]\w*|recommend\w*|(?:should|could|can) (?:we|i|one|you))\b/i,
  usage: /(?!)/,
}

function topicsIn(question: string): Topic[] {
  const found = ORDER.filter((topic) => WORDS[topic].strong.test(question))
  // Cost and what to change are the question; why they are asked about one part is its scope.
  if (found.includes('saving') && found.includes('cost')) return first(found, 'cost', 'saving')
  // “drivers” of cost are cost's; a correlation is between two things that are named.
  if (found.includes('correlation') && /\bdriv/i.test(question) && found.includes('cost'))
    return first(found, 'cost').filter((topic) => topic !== 'correlation')
  if (found.length > 0) return found
  const weak = ORDER.find((topic) => WORDS[topic].weak?.test(question))
  return [weak ?? 'other']
}

/** Together with these nothing else is the question's subject: they are its scope. */
const SUBJECTS: ReadonlySet<Topic> = new Set([
  'rate_limits',
  'caching',
  'batch',
  'growth',
  'anomaly',
  'performance',
])

function first(found: readonly Topic[], ...wanted: Topic[]): Topic[] {
  const subject = found.filter((topic) => SUBJECTS.has(topic))
  return [...new Set([...subject, ...wanted, ...found])]
}

const METRIC_WORDS: [Metric, RegExp][] = [
  ['cost', /\b(?:costs?|spend\w*|bills?|money|price[sd]?|dollars?|expens\w+)\b|\$/i],
  ['requests', /\b(?:requests?|calls?|queries|invocations)\b/i],
  ['input_tokens', /\b(?:input|prompt|context) ?tokens?\b|\btokens?\b/i],
  ['output_tokens', /\b(?:output|completion|generated) ?tokens?\b|\btokens?\b/i],
  ['latency', /\b(?:latenc\w+|response times?|slow\w*|fast\w*|speed|p(?:50|90|95|99))\b/i],
  ['first_token', /\b(?:ttft|first[- ]token)\b/i],
  ['errors', /\b(?:errors?|failures?|failing|429s?|timeouts?)\b/i],
  ['cache_hits', /\b(?:cach(?:e|ed|ing)|hit rates?)\b/i],
]

export const readMetrics = (question: string): Metric[] =>
  METRIC_WORDS.filter(([, words]) => words.test(question)).map(([metric]) => metric)

/** `per project`, `top 5 users`; `who` asks for users without naming them. */
function splitBy(name: NameColumn): RegExp {
  const named = String.raw`(?:per|by|each|which|every|top|heaviest) (?:\d+ )?(?:${NAME_WORDS[name]})`
  return new RegExp(String.raw`\b(?:${name === 'user' ? `${named}|who` : named})\b`, 'i')
}

const DIMENSION_WORDS: [Dimension, RegExp][] = [
  ...NAME_COLUMNS.map((name): [Dimension, RegExp] => [name, splitBy(name)]),
  ['source', /\b(?:per|by|each|which|every) (?:files?|sources?)\b/i],
  ['hour', /\b(?:per|by|each|every) hours?\b|\bhourly\b|\btime of day\b|\bbusiest\b|\bpeak/i],
  ['day', /\b(?:per|by|each|every) (?:week)?days?\b|\bdaily\b/i],
  ['week', /\b(?:per|by|each|every) weeks?\b|\bweekly\b/i],
  ['month', /\b(?:per|by|each|every) months?\b|\bmonthly\b/i],
]

export const readDimensions = (question: string): Dimension[] =>
  DIMENSION_WORDS.filter(([, words]) => words.test(question)).map(([dimension]) => dimension)
