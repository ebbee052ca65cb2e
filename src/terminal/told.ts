type Body = { readonly [member: string]: unknown }

/** What a door refused, as a person reads it. */
export function refusedText(body: Body, status: number): string {
  const { title, detail, issues, type, status: _, ...members } = body
  // It says in whole what is not there.
  if (type === '/problems/not-found' && typeof detail === 'string') return detail
  const [first] = (issues ?? []) as { field: string; message: string }[]
  const others = Object.entries(members).map(([name, value]) => `${name} ${String(value)}`)
  const more = first ? [`${first.field.replace(/^(body|params|query)\./, '')} ${first.message}`] : []
  if (typeof detail === 'string') more.push(detail)
  const text = [...more, ...others].join(', ')
  const said = typeof title === 'string' ? title.replace(/\.$/, '') : `it answers ${status}`
  return `${said}${text && `: ${text}`}`
}
