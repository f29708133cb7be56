"""What an engine's parser, or a program that it ran, makes of hostile strings, against what was meant."""
import json, re, sys, yaml

wanted = json.load(open('/run/wanted.json'))

def same(where, arguments, variables):
    assert len(arguments) == len(wanted['arguments']), (where, len(arguments), len(wanted['arguments']))
    for found, meant in zip(arguments, wanted['arguments']):
        assert found == meant, f'{where}: argument {meant[:80]!r} became {found[:80]!r}'
    for name, meant in wanted['variables'].items():
        assert variables.get(name) == meant, f'{where}: {meant!r} became {variables.get(name)!r}'

def expanded(text):
    """As Kubernetes reads a command: two dollar signs are one, and $(NAME) is a variable."""
    assert not re.search(r'(?<!\$)(\$\$)*\$\(', text), text
    return text.replace('$$', '$')

if sys.argv[1] == 'files':
    objects = list(yaml.safe_load_all(open('/run/hostile/kubernetes/10-hostile.yaml')))
    data = next(o['data'] for o in objects if o and o['kind'] == 'ConfigMap')
    pod = next(o for o in objects if o and o['kind'] == 'Deployment')['spec']['template']['spec']
    same('kubernetes', [expanded(word) for word in pod['containers'][0]['args']], data)
    service = json.load(open('/run/composed.json'))['services']['hostile']
    plain = lambda text: text.replace('$$', '$')
    same('compose', [plain(word) for word in service['command'][1:]], {k: plain(v) for k, v in service['environment'].items()})
else:
    read = lambda name: open(f'{sys.argv[1]}/{name}', encoding='utf-8').read().split('\0')[:-1]
    same(sys.argv[1], read('arguments'), dict(entry.split('=', 1) for entry in read('variables') if '=' in entry))
