/** Of a table, however it is written: with more of them DuckDB spends its memory on their names. */
export const MOST_COLUMNS = 2_000
