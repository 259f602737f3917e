// A person at a browser, as far as this example needs one: follows an authorization request through the provider's pages, logs
// in, agrees, and comes to where the client waits.
//
// Usage: node browser.mjs ADDRESS NAME    Prints the address at which the browser ends, with the code in it.

/** Logs in as `name` at the end of this address, and gives the address to which the provider sends the browser back. */
export async function logIn(address, name) {
  const cookies = new Map();
  let request = { url: new URL(address), options: {} };
  for (let step = 0; step < 20; step += 1) {
    const headers = { cookie: [...cookies].map(([key, value]) => `${key}=${value}`).join('; '), ...request.options.headers };
    const response = await fetch(request.url, { ...request.options, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) {
      const [key, value] = cookie.split(';')[0].split('=');
      cookies.set(key, value);
    }
    const location = response.headers.get('location');
    if (location) {
      const next = new URL(location, request.url);
      // Another origin is the client's own: the browser would go there.
      if (next.origin !== new URL(address).origin) return next;
      request = { url: next, options: {} };
      continue;
    }
    request = submitted(await response.text(), request.url, name);
  }
  throw new Error('the provider never sent the browser back');
}

/** The form of a page as a person would send it. */
function submitted(page, url, name) {
  const action = page.match(/<form[^>]*action="([^"]+)"/)?.[1];
  if (!action) throw new Error(`no form to fill in at ${url}: ${page.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ').slice(0, 300)}`);
  const form = new URLSearchParams();
  for (const [input] of page.matchAll(/<input[^>]*>/g)) {
    const of = (attribute) => input.match(new RegExp(`${attribute}="([^"]*)"`))?.[1];
    const filled = { login: name, password: 'any' }[of('name')] ?? of('value');
    if (of('name')) form.set(of('name'), filled ?? '');
  }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return { url: new URL(action.replaceAll('&amp;', '&'), url), options: { method: 'POST', headers, body: form.toString() } };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [address, name] = process.argv.slice(2);
  console.log(String(await logIn(address, name)));
}
