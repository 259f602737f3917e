// What stands for `$name` in a dashboard's texts, put in its place.

/** The text with every `$name`, `${name}` and `[[name]]` that is known replaced. */
export function replace(text, values) {
  return text.replace(/\$(\w+)|\$\{(\w+)(?::\w+)?\}|\[\[(\w+)\]\]/g, (whole, ...names) => {
    const name = names.slice(0, 3).find(Boolean);
    return name in values ? values[name] : whole;
  });
}
