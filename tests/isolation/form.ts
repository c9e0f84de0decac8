import type { Asked } from './ask.ts'

const BOUNDARY = 'a-boundary-between-parts'

/** Uploads a table that has the marker in its name, its head and a row. */
export const form = (marker: string): Asked => ({
  method: 'POST',
  path: '/api/files',
  headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
  body: [
    `--${BOUNDARY}`,
    `content-disposition: form-data; name="file"; filename="${marker}.csv"`,
    'content-type: text/csv',
    '',
    `name,value\n${marker},1\n`,
    `--${BOUNDARY}--`,
    '',
  ].join('\r\n'),
})
