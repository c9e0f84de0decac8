const REPORT = /^\/api\/reports\/([\w-]{1,128})$/

/**
 * The page of the app that shows what an answer's address of the API holds; null for addresses that
 * no page stands for. Other clients follow the address itself.
 */
export function pageOfApiPath(path: string): string | null {
  const [, report] = REPORT.exec(path) ?? []
  return report === undefined ? null : `/reports/${report}`
}
