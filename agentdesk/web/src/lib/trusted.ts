/**
 * What the server's policy (require-trusted-types-for 'script') lets into sinks
 * of markup and code: drawings that were built in and workers of our own. Vue
 * has a policy of its own; there is no third.
 */
interface Policy {
  createHTML(markup: string): unknown
  createScriptURL(url: string): unknown
}
interface Factory {
  createPolicy(name: string, rules: { createHTML(markup: string): string; createScriptURL(url: string): string }): Policy
}

let policy: Policy | undefined

// The types of the sinks do not know the trusted ones, so both go out as text; without the interface they are.
function trusted(): Policy {
  const rules = {
    createHTML: (markup: string) => markup,
    createScriptURL: (url: string) => {
      if (new URL(url, location.href).origin !== location.origin) throw new TypeError('a worker of another origin')
      return url
    },
  }
  policy ??= (globalThis as { trustedTypes?: Factory }).trustedTypes?.createPolicy('remotewindow', rules) ?? rules
  return policy
}

/** Markup that the build put in, never text of a person. */
export const ownMarkup = (markup: string): string => trusted().createHTML(markup) as string

/** Address of a script of our own origin. */
export const ownScript = (url: string): string => trusted().createScriptURL(url) as string
