/**
 * What of a lock file the named packages need, as it lies below a root of their own.
 *
 * @param {Record<string, object>} entries `packages` of package-lock.json
 * @param {string} from the workspace whose dependencies they are
 * @param {readonly string[]} names
 * @returns {Record<string, object>} paths as in a lock file, beside the root's own
 */
export function lockedFor(entries, from, names) {
  const kept = new Map()
  const waiting = names.map((name) => find(entries, from, name))
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (kept.has(path)) continue
    const entry = entries[path]
    kept.set(path, entry)
    for (const name of Object.keys(entry.dependencies ?? {})) {
      waiting.push(find(entries, path, name))
    }
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      const found = find(entries, path, name, true)
      if (found !== undefined) waiting.push(found)
    }
    for (const name of Object.keys(entry.peerDependencies ?? {})) {
      const isOptional = entry.peerDependenciesMeta?.[name]?.optional === true
      if (!isOptional) waiting.push(find(entries, path, name))
    }
  }
  const own = [...kept].map(([path, entry]) => [path.replace(`${from}/`, ''), entry])
  const moved = Object.fromEntries(own.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  if (Object.keys(moved).length < kept.size) {
    throw new Error(
      `two versions of a package would lie at one place: ${[...kept.keys()].join(', ')}`,
    )
  }
  return moved
}

/** Where Node would find it, from the folder upwards. */
function find(entries, path, name, isOptional = false) {
  for (let folder = path; ; folder = above(folder)) {
    const candidate = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
    if (candidate in entries) return candidate
    if (folder === '' && isOptional) return undefined
    if (folder === '') throw new Error(`${name}, which ${path} needs, is not in package-lock.json`)
  }
}

function above(folder) {
  const at = folder.lastIndexOf('/node_modules/')
  if (at > 0) return folder.slice(0, at)
  return ''
}
