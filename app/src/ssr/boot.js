// Starts the islands of this page; a page without one loads no script and no wasm at all.
// The same walk as Leptos's own `island_script.js`: outer islands first, and what stands between an
// island's tags woken in the scope that island made.
((script, wasm) => {
  const islands = async (module) => {
    const scopes = [];
    const wake = async (element) => {
      const island = module[element.dataset.component];
      if (!island) {
        console.error(`No island named ${element.dataset.component}`);
        return;
      }
      scopes.at(-1)?.();
      await island(element);
    };
    const walk = async (node) => {
      const tag = node.localName;
      if (tag === "leptos-island") await wake(node);
      if (tag === "leptos-children") scopes.push(node.$$on_hydrate);
      for (const child of node.children) await walk(child);
      if (tag === "leptos-children") scopes.pop();
    };
    await walk(document.body);
  };
  const boot = async () => {
    const module = await import(script);
    await module.default({ module_or_path: wasm });
    module.hydrate();
    await islands(module);
    document.documentElement.dataset.ready = "";
  };
  if (document.querySelector("leptos-island")) boot();
  else document.documentElement.dataset.ready = "";
})
