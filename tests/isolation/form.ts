import type { Asked } from './ask.ts'

const BOUNDARY = 'a-boundary-between-parts'

/** Uploads a table that has the marker in its name and a row. */
export const form = (marker: string, table = `name,value\n${marker},1\n`): Asked => ({
  method: 'POST',
  path: '/api/files',
  headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
  body: [
    `--${BOUNDARY}`,
    `content-disposition: form-data; name="file"; filename="${marker}.csv"`,
    'content-type: text/csv',
    '',
    table,
    `--${BOUNDARY}--`,
    '',
  ].join('\r\n'),
})
