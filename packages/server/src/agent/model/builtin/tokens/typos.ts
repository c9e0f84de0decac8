/** Slips of the keyboard in words that are no names: what they stand for is beyond doubt. */
const SLIPS = new Map(
  Object.entries({
    the: 'teh hte',
    which: 'wich whcih whihc',
    what: 'waht whta',
    many: 'mnay amny',
    how: 'hwo',
    average: 'averge avarage averege avergae aveage',
    total: 'totla toal ttoal',
    number: 'nubmer numer',
    requests: 'requets reqeusts requsts requestes reqests reqs',
    request: 'requet reqeust requst reqest req',
    median: 'meidan medain',
    maximum: 'maxium maximun',
    minimum: 'minium minimun',
    percentile: 'percentil precentile',
    highest: 'higest hightest',
    between: 'betwen beetween',
    show: 'shwo',
    without: 'wihtout witout',
    than: 'thna',
    with: 'wiht wtih',
    count: 'conut coutn',
    for: 'fro',
  }).flatMap(([word, slips]) => slips.split(' ').map((slip): [string, string] => [slip, word])),
)

export const withoutSlip = (word: string): string => SLIPS.get(word.toLowerCase()) ?? word
