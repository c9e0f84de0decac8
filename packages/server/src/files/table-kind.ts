/** How a file's rows are written. */
export type TableFormat = 'csv' | 'json' | 'ndjson' | 'parquet'

export interface TableKind {
  format: TableFormat
  gzip: boolean
}

const BY_MEDIA_TYPE: Record<string, TableFormat> = {
  'text/csv': 'csv',
  'text/tab-separated-values': 'csv',
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/vnd.apache.parquet': 'parquet',
}

const BY_ENDING: Record<string, TableFormat> = {
  csv: 'csv',
  tsv: 'csv',
  tab: 'csv',
  json: 'json',
  jsonl: 'ndjson',
  ndjson: 'ndjson',
  parquet: 'parquet',
}

const GZIP = 'application/gzip'

/** The format of what a name ending in `.gz` holds; undefined when its name does not say it. */
export function packedFormat(name: string): TableFormat | undefined {
  const ending = /\.([^.]+)\.gz$/i.exec(name)?.[1]?.toLowerCase()
  return ending === undefined ? undefined : BY_ENDING[ending]
}

/** How the data tools read a file; undefined when it has no rows. */
export function tableKindOf(file: { mediaType: string; name: string }): TableKind | undefined {
  const type = file.mediaType.split(';', 1)[0]?.trim() ?? ''
  if (type === GZIP) {
    const format = packedFormat(file.name)
    return format && { format, gzip: true }
  }
  const format = BY_MEDIA_TYPE[type]
  return format && { format, gzip: false }
}
