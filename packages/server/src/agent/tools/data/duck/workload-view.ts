import { lock, openBeside } from './database.ts'
import type { QueryAnswer, ResultLimits, WorkloadPart } from './messages.ts'
import { runReading } from './run-query.ts'

/** Runs one statement that a tool or a person wrote over the view `workload` of several files. */
export async function queryWorkload(
  parts: readonly WorkloadPart[],
  scratch: string,
  sql: string,
  limits: ResultLimits,
): Promise<QueryAnswer> {
  const files = parts.map((part, index) => ({ path: part.database, name: `file_${index + 1}` }))
  const database = await openBeside(files, scratch)
  try {
    const { connection } = database
    const selections: string[] = []
    for (const [index, { select }] of parts.entries()) {
      // A selection speaks of `data`: each file's is that of its own database.
      const schema = `part_${index + 1}`
      await connection.run(`CREATE SCHEMA ${schema}`)
      await connection.run(
        `CREATE VIEW ${schema}.data AS FROM ${files[index]?.name ?? ''}.main.data`,
      )
      await connection.run(`SET search_path = '${schema}'`)
      await connection.run(`CREATE VIEW ${schema}.events AS ${select}`)
      selections.push(`FROM ${schema}.events`)
    }
    await connection.run(`SET search_path = 'main'`)
    await connection.run(`CREATE VIEW main.workload AS ${selections.join(' UNION ALL BY NAME ')}`)
    await lock(database)
    return await runReading(database, sql, limits)
  } finally {
    database.close()
  }
}
