import type { Subject } from './subject.ts'

/**
 * Rows that have blocks, in the order in which they came: by time, and where times are equal or
 * missing as they stand in the files. `place` counts from 1.
 */
export function orderedRows({ has, from }: Subject): string {
  const at = has('at') ? '"at"' : 'NULL::TIMESTAMP'
  const cached = has('cached_input_tokens') ? 'coalesce(cached_input_tokens, 0)' : '0::BIGINT'
  const input = has('input_tokens') ? 'coalesce(input_tokens, 0)' : 'NULL::BIGINT'
  return `(SELECT row_number() OVER (ORDER BY moment NULLS LAST, file_place) AS place, * FROM
    (SELECT row_number() OVER () AS file_place, source, ${at} AS moment, ${input} AS given_input, ${cached} AS cached, prompt_blocks, block_tokens
     FROM ${from} AS w WHERE len(prompt_blocks) > 0 AND block_tokens > 0))`
}

/**
 * What makes two blocks the same. Traces number their blocks each from 0, as they count their times
 * each from their start: where there is no common clock, ids are of their file alone.
 */
export const blockKey = ({ covered }: Subject): string =>
  covered.clocks_differ ? 'source, block' : 'block'

/** Input tokens of a row: what the file says, else its blocks. */
const INPUT = 'coalesce(given_input, len(prompt_blocks) * block_tokens)'

/**
 * For each row how many input tokens the longest prefix of blocks has, all of which came before
 * within the time to live, in an unbounded cache: `place`, `input`, `cached`, `reusable`.
 */
export function reusableSql(subject: Subject, ttlSeconds: number | undefined): string {
  const rows = orderedRows(subject)
  const key = blockKey(subject)
  // A block that a row holds twice counts at its first place: it was not there before.
  const blocks = `SELECT place, moment, ${key}, min(position) AS position FROM
      (SELECT place, moment, source, unnest(prompt_blocks) AS block, generate_subscripts(prompt_blocks, 1) AS position FROM rows)
      GROUP BY place, moment, ${key}`
  const missed =
    ttlSeconds === undefined
      ? `SELECT place, min(position) AS missed FROM
          (SELECT place, position, min(place) OVER (PARTITION BY ${key}) AS first_place FROM blocks)
          WHERE first_place = place GROUP BY place`
      : `SELECT place, min(position) AS missed FROM
          (SELECT place, position, moment, lag(moment) OVER (PARTITION BY ${key} ORDER BY place) AS seen FROM blocks)
          WHERE seen IS NULL OR moment - seen > to_microseconds(${Math.round(ttlSeconds * 1e6)}) GROUP BY place`
  return `WITH rows AS MATERIALIZED ${rows}, blocks AS (${blocks}), misses AS (${missed})
    SELECT place, input, cached, least(coalesce(missed - 1, len(prompt_blocks)) * block_tokens, input) AS reusable
    FROM (SELECT *, ${INPUT} AS input FROM rows) LEFT JOIN misses USING (place)`
}
