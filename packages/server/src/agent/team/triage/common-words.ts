/**
 * Words that ask rather than name. A user may be called “may” and a project “batch”: such a word is a
 * name only right after the word for its kind, as in `user may` (see `namedValues`).
 */
const COMMON = new Set(
  `a about above after again against ago all almost alone along already also although always am among an and another any
  anybody anyone anything are around as ask asked at away back be became because become been before began begin behind being
  below best better between big both but by came can cannot case cause caused causes cheap cheaper cheapest clear come comes
  compare compared comparison could cut day days dear dearer dearest did differ difference different do does doing done down
  drive driven drives drop during each earlier early effect effects either else end enough even ever every everybody everyone
  everything expensive explain fall fell few find first five for four from full gave get give given go goes going gone good got
  great grew had half happen happened happens has have having he help her here high higher highest him his hour hours how
  however if in increase instead into is it its itself just keep kept know large larger largest last late lately later least
  leave left less let like little long longer look low lower lowest made main make makes many matter may maybe me mean means
  might minute minutes mine mix month months more most move much must my name named near need needs neither never new next no
  nobody none nor not nothing now of off often old on once one only onto open or other others our ours out over own part past
  people per place please point put quarter quarters question quick rather read really reason reasons recent recently rise rose
  run running runs ran said same saw say says second see seem seen seven share she should show shown shows since single six
  small smaller smallest so some somebody something soon start started still stop such sum sure take taken takes team tell ten
  than thank thanks that the their them then there these they thing things think third this those though three through time
  times to today together told tomorrow too took total toward turn twice two under until up upon us use used useful user users
  uses using very want wanted was way we week weeks well went were what when where whether which while who whole whom whose why
  will with within without word work works would year years yes yesterday yet you your yours
  january february march april june july august september october november december jan feb mar apr jun jul aug sep sept oct
  nov dec monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun spring summer autumn winter
  ai llm api app apps data file files model models project projects customer customers workspace key keys endpoint endpoints
  provider providers session sessions operation operations value values number numbers figure figures group groups average mean
  median rate rates amount amounts kind kinds list table chart sentence answer answers input output prompt prompts completion
  cached error errors failed failures retry retries small large mini pro flash default unknown none null true false other test`
    .split(/\s+/)
    .filter((word) => word !== ''),
)

export const isCommon = (word: string): boolean => COMMON.has(word.toLowerCase())
