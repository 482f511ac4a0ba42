import type { Texts } from './index'

const texts: Texts = {
  admin: {
    page: '{section} · 云见面管理', brand: '云见面　管理', language: 'English', leave: '退出登录', sections: '管理栏目', loading: '正在打开，请稍等。', slow: '比平时慢，还在等服务器。再等不到，请检查网络后刷新页面。',
    again: '再试一次', wait: '请等 {n} 秒再试。', edit: '修改', no: '取消', close: '关闭', none: '—', and: '、', state: '状态', acts: '操作', on: '开', off: '关', act_of: '{act}：{name}', nothing_found: '没有找到，换个词试试。',
    theme: { title: '颜色：{choice}', system: '跟随系统', light: '浅色', dark: '深色' },
    login: { title: '管理登录', lead: '改动都会记下是谁、什么时候改的。', user: '工号', password: '密码', submit: '登录', busy: '正在登录' },
    expired: { title: '登录已经过期', lead: '请再登录一次。您写的都还在，登录后再点保存。' },
    guard: { title: '有改动还没有保存', text: '现在离开，这些改动就没有了。', act: '不保存，离开' },
    save: { dirty: '有改动还没有保存', done: '{time} 已保存', none: '没有改动', discard: '放弃改动', act: '保存', busy: '正在保存', unchanged: '没有改动' },
    changed: { see: '看现在的内容', table: '哪里不一样', field: '项目', now: '现在', yours: '您填的', untouched: '您没有改', theirs: '用现在的，放弃我填的', mine: '留下我填的，接着改', first: '先选用哪一份' },
    role: { agent: '座席', supervisor: '督导', specialist: '居村专员', helper: '助办员', admin: '管理员' },
    role_hint: { agent: '在座席页面接电话、看材料、写小结。', supervisor: '看值班大屏。', specialist: '在村居陪居民办事。', helper: '跟进转来的事。', admin: '打开这些管理页面。' },
    family: {
      social_security: '社保', medical_insurance: '医保', civil_affairs: '民政', archive_other: '档案和其他', housing: '住房', residence: '居住证', long_term_care: '长护险', health: '卫生健康', disabled: '残疾人', family_planning_support: '计生扶助',
    },
    theme_of: { newborn: '新生', elderly: '老年', medical: '医疗', bereavement: '身故', work: '乐业', relief: '救助', doorstep: '家门口服务' },
    grid: { north: '北网格', middle: '中网格', south: '南网格' },
    weekday: { 0: '星期日', 1: '星期一', 2: '星期二', 3: '星期三', 4: '星期四', 5: '星期五', 6: '星期六' },
    unit: { seconds: '秒', percent: '%' },
    people: {
      title: '人员', lead: '谁能登录、做什么、会办哪些事。停用和改密码 5 秒内生效。', search: '找工号、姓名或角色', new: '新增人员', empty: '还没有人员，先新增一位座席。', saved: '{login} 已保存', login: '工号', name: '姓名', role: '角色', seat: '席位', skills: '会办的事', stations: '包联',
      all_skills: '全部', enabled: '可登录', disabled: '已停用', edit_of: '修改{name}', password: '改密码', password_of: '给{name}改密码', login_fixed: '工号定了就不能改。', login_hint: '小写字母、数字、点、横线，最多 32 个。', name_hint: '居民会看到这个名字，例如王老师。',
      seat_hint: '居民会看到，例如 3 号座席。', skills_hint: '一个都不选，就是全部都会办。', first_password: '第一个密码', may: '可以登录', enabled_hint: '可以登录', disabled_hint: '停用后，正开着的页面 5 秒内退出',
      wrong: { login: '工号只能用小写字母、数字、点、横线，以字母或数字开头。', taken: '这个工号已经有人用。', name: '请写姓名，最多 32 个字。', seat: '席位最多 32 个字。' },
    },
    password: { lead: '新密码请当面告诉本人。正开着的页面会马上退出，要用新密码登录。', label: '新密码', hint: '至少 {n} 个字符，不能含工号。', act: '改密码', wrong: { short: '太短，至少 {n} 个字符。', is_login: '密码里不能有工号。', few: '太简单，请多用几种字符。' } },
    stations: {
      title: '站点', lead: '每个站点的终端用自己的钥匙登录。钥匙只在终端里，拿不出来。', search: '找站号、村居或专员', new: '新增站点', empty: '还没有站点，先新增一个，再发登记码。', saved: '{id} 已保存', id: '站号', name: '村居', grid: '网格', specialist: '专员', enrolment: '登记',
      enrolled: '已登记', code_out: '登记码已发', none: '没有登记', used: '上次登录 {at}', unused: '还没有用过', closed: '停办', code: '发登记码', code_of: '{name}的登记码', revoke: '吊销', revoke_of: '吊销{name}的钥匙', edit_of: '修改{name}',
      revoke_text: '这个站点的终端 5 秒内退出，正在通话也会断。要再用，得重新发登记码，在终端上登记。终端丢了、换了、送修，请吊销。', revoke_act: '吊销钥匙', revoked: '{name}的钥匙已吊销', id_fixed: '站号定了就不能改。', id_hint: '小写字母、数字、横线，例如 s07。', name_hint: '居民和座席都看到这个名字。',
      in_service: '今天办理', closed_hint: '停办：终端显示停止服务', open_hint: '按时间表接待',
      wrong: { id: '站号只能用小写字母、数字、横线。', taken: '这个站号已经有了。', name: '请写村居名，最多 32 个字。', specialist: '专员最多 32 个字。' },
    },
    code_left: '还有 {time} 有效', code_over: '登记码过期了。请再发一个。', code_once: '登记码只显示这一次，只能用一次，10 分钟内有效。再发一个，前一个就作废。', code_issuing: '正在发登记码。', code_enrolled: '这个站点已经登记过。再登记一台终端，才需要发登记码。', code_issue: '发登记码', code_new: '再发一个',
    code_step: { 1: '到终端前，打开云见面页面。', 2: '没有登记的终端会问登记码。', 3: '输入上面的码，大小写和横线都不要紧。', 4: '终端显示站点名 {id}，就登记好了。' },
    affinity: {
      title: '包联', lead: '村居的电话先打给包联的座席，他忙就给别人。', agent: '包联座席', nobody: '没有', of: '{name}的包联座席', stations: '{n} 个站点', counts: '每位座席几个', count_of: '{name}包联几个', free: '还有 {n} 个站点没有包联，按顺序派。', all: '每个站点都有包联。',
      empty: '还没有站点。', no_agents: '还没有座席，先到「人员」里新增。', disabled: '{name}（已停用）', gone: '{login}（不是座席）',
    },
    hours: {
      title: '时间', lead: '几点到几点接待。不接待时，终端请居民看办事指南。', always: '一直接待', always_on: '现在昼夜都接待，下面的时间表不起作用。演示和测试时用。', always_off: '按下面的时间表接待。', week: '每周', holidays: '节假日', like_monday: '周二到周五同周一', open_on: '{day}接待', from_on: '{day}开始', to_on: '{day}结束', closed: '不接待',
      add: '加一天', no_holidays: '没有特别的日子，每天按每周时间。', date: '第 {n} 个日子', remove: '去掉 {date}', note: '说明，例如国庆节', note_of: '{date} 的说明',
      wrong: { time: '请写完整的时间，例如 08:30。', order: '结束要比开始晚。', date: '请选日期。', twice: '这一天写了两次。', some: '有几处时间不对，改好才能保存。' },
    },
    numbers: { title: '参数', lead: '中心的各种时长。改了马上生效，正在响的不变。', bounds: '默认 {def}，{min}–{max}', default: '用默认', is_default: '是默认', outside: '{name}要在 {min} 到 {max} 之间。' },
    number: {
      ring_s: { name: '振铃', is: '座席多久不接，就转给下一位。' }, affinity_s: { name: '包联优先', is: '电话先等包联座席多久，再派给别人。' }, waiting_grace_s: { name: '等待时断线', is: '居民等待时断线，位置保留多久。' },
      call_grace_s: { name: '通话中村居断线', is: '通话时村居断线，通话保留多久。' }, agent_grace_s: { name: '座席断线', is: '座席断线，多久算他离开。' }, wrap_up_s: { name: '小结', is: '挂断后给座席写小结的时间。' },
      aging_boost_s: { name: '越等越靠前', is: '每等这么久，优先级升一级。' }, service_s: { name: '及时接通', is: '多久之内接通算及时。' }, target_pct: { name: '及时接通目标', is: '及时接通的比例，大屏拿它比。' }, short_abandon_s: { name: '误呼', is: '比这更快离开的，不算放弃。' },
    },
    matters: {
      title: '事项', lead: '居民在终端上能选哪些事。关掉的不再显示，已经排队的不受影响。', search: '找事项名', theme: '主题', all: '全部主题', name: '事项', family: '业务', slots: '材料', checked: '核对', enabled: '开放', verified: '已核对', unverified: '未核对', empty: '还没有事项。', count: '列出 {n} 项；全部 {of} 项里开放 {on} 项',
      offer: '开放{title}', turned_on: '{title}已开放', turned_off: '{title}已关闭', refused: '{title}没有改成。',
    },
    audit: {
      system: '系统',
      title: '记录', lead: '谁在什么时候做了什么。记录只能加，不能改；每一行都连着前一行。', verify: '校验', verifying: '正在校验', whole: '{n} 行都完好，没有被改过。', broken: '记录被改过，或者缺了行。', broken_at: '从 {node} 第 {seq} 行起对不上。', broken_do: '请不要再动数据库，保存备份，告诉负责安全的人。',
      at: '时间', actor: '谁', action: '做了什么', object: '对象', detail: '内容', seq: '行', page: '第 {n} 页', older: '较早的', newer: '较新的', empty: '还没有记录。', end: '没有更早的了。',
    },
    action: {
      session_open: '会话开始', login_ok: '登录成功', login_failed: '密码不对', login_forbidden: '登录被拒，角色不符', person_add: '新增人员', person_change: '修改人员', person_password: '改密码', person_disabled: '停用或启用人员',
      station_add: '新增站点', station_put: '修改站点', station_change: '修改站点', station_code: '发登记码', station_enrol: '登记终端', station_enrol_failed: '登记码不对', station_login: '终端登录', station_key_replaced: '换了钥匙', station_rotate: '定期换钥匙', station_revoke: '吊销钥匙',
      hours_change: '改时间', numbers_change: '改参数', matter_enable: '改事项', import: '导入{what}', export: '导出{what}', audit_verify: '校验记录', page_open: '看材料', page_store: '存材料', page_drop: '删材料', slot_judge: '判材料',
      ticket_admit: '取号', ticket_assign: '指派业务', ticket_reprioritise: '改优先级', message_send: '给排队居民发消息', ticket_accept: '接听', ticket_requeue: '重新排队', ticket_reclaim: '保持原承接人', ticket_end: '通话结束', ticket_finish: '小结完成', ticket_unfinished: '断线未完', ticket_abandon: '居民离开',
    },
    trail: {
      pair: '{name}：{value}', join: '；', blank: '空', true: '是', false: '否',
      field: {
        reason: '原因', face: '页面', disposition: '办结类型', next: '下一步', epoch: '轮次', agent: '座席', from: '原座席', key: '钥匙', keys: '钥匙数', name: '名称', role: '角色', seat: '席位', skills: '会办的事', disabled: '停用', ticket: '业务', slot: '材料', side: '哪一面', page: '页', sha256: '校验值', verdict: '判断',
        number: '号码', consent: '告知书', affinity: '包联', grid: '网格', closed: '停办', specialist: '专员', enabled: '开放', always: '一直接待', holidays: '节假日', holidays_changed: '改了几天', added: '新增', changed: '修改', same: '不变',
      },
      value: {
        face: { desk: '座席', board: '大屏', admin: '管理', station: '终端' }, side: { front: '正面', back: '反面', page: '整页' }, specialist: { changed: '已改' },
        disposition: { accepted: '已受理', pending: '已预审待补', consulted: '仅咨询', offline: '转线下办理', department: '转部门', home_visit: '预约上门', refused: '不予受理', disconnected: '断线未完', mistake: '误呼' }, next: { close: '办结', relay: '转助办', follow: '回访' },
        verdict: { passed: '合格', retake: '补拍', not_applicable: '不适用' }, reason: { hang_up: '座席结束', station_hang_up: '居民结束', abandoned: '居民离开', lost: '断线没回来', revoked: '站点已停用', callback: '改为回电', cancelled: '取消了回电或预约', missed: '到时没有人来', refused: '排队已满或已下班', blurred: '模糊', glare: '反光', cropped: '缺角', wrong: '拿错了' },
      },
    },
    csv: {
      whole: '整个文件', without: ' 其中 {n} 位还没有密码，要逐个改密码后才能登录。',
      import: '导入', export: '导出', import_of: '导入{what}', export_of: '导出{what}', title: '导入{what}', lead: 'CSV 文件，UTF-8 编码，第一行是列名：{columns}。先导出一份，改好再导入最稳妥。有一行不对就一行都不写。', pick: '选文件', other: '换文件或重选', checking: '正在检查，请稍等。', table: '不对的地方', row: '行', column: '列', value: '内容', why: '哪里不对', blank: '（空）',
      wrong: '有 {n} 处不对，什么都没有写。请改好文件再选一次。', would: '检查过了：新增 {added}，修改 {changed}，不变 {same}。还没有写。', nothing: '和现在的一样，{same} 行都不变，不用导入。', done: '已导入：新增 {added}，修改 {changed}，不变 {same}。', go: '导入这 {n} 行', go_needs: '先选一个没有错的文件',
      kind: { people: '人员', stations: '站点', affinity: '包联', hours: '每周时间', holidays: '节假日', matters: '事项' },
      columns: { people: 'login, name, role, seat, skills, disabled', stations: 'id, name, grid, specialist, affinity, closed', affinity: 'station, agent', hours: 'weekday, open, close', holidays: 'date, closed, open, close, note', matters: 'id, enabled' },
      error: {
        missing_column: '少了这一列。', missing_cell: '少了一格。', extra_cell: '多了一格。', empty: '不能空。', bad_separator: '请用逗号分开，不要用分号或制表符。', bad_quotes: '引号没有成对。', header: '第一行的列名不对。', encoding: '文件不是 UTF-8 编码，请在 Excel 里另存为「CSV UTF-8」。', utf16: '文件是 UTF-16 编码，请在 Excel 里另存为「CSV UTF-8」。', gb18030: '文件是 GB 编码，请在 Excel 里另存为「CSV UTF-8」。', too_large: '文件太大，最多 1 MB。', too_many_rows: '行太多，最多 5000 行。', bad_text: '有看不见的字符。', bad_weekday: '星期写 0 到 6，0 是星期日。', bad_role: '没有这个角色。', bad_login: '工号写法不对。', bad_family: '没有这类业务。', bad_id: '编号写法不对。', bad_grid: '网格写 north、middle 或 south。', unknown_station: '没有这个站点。', unknown_agent: '没有这位座席。', unknown_matter: '没有这个事项。', too_many: '太多了。', last_admin: '这是最后一位管理员，不能停用。', no_password: '还没有密码，不能启用。', unknown_column: '没有这样的列。', duplicate: '和前面的行重复。', invalid: '写法不对。', too_long: '太长。', bad_time: '时间写成 08:30 这样。', bad_date: '日期写成 2026-10-01 这样。', bad_number: '数字不对，或超出范围。', bad_bool: '写 true 或 false。', other: '不对（{code}）。',
      },
    },
    code: {
      changed: { what: '另一位管理员刚刚改过，您的没有保存。', do: '您填的都在，请先看看现在的内容。' },
      changed_import: { what: '另一位管理员刚刚改过，没有导入。', do: '请再看一次会改什么，再决定要不要导入。' },
      busy: { what: '正在核对审计记录。', do: '请过一分钟再点一次。' }, too_long: { what: '审计记录太长，在这里核对不完。', do: '请在服务器上运行“remotewindow audit verify”。' },
      no_password: { what: '这个人还没有密码。', do: '先改密码，再启用。' },
      not_admin: { what: '这个账号不能管理。', do: '请用管理员的账号。' }, forbidden: { what: '您没有改这里的权限。', do: '请换管理员的账号登录。' }, conflict: { what: '别人刚改过，或者已经有了。', do: '请重新打开看最新的，再改一次。' }, exists: { what: '已经有同名的了。', do: '请换一个。' }, invalid: { what: '有内容服务器不接受。', do: '请检查每一格，再保存。' },
      out_of_bounds: { what: '有数字超出了范围。', do: '请按旁边的范围改。' }, not_found: { what: '它已经不在了。', do: '请重新打开这一栏。' }, last_admin: { what: '这是最后一位管理员。', do: '先让另一位当管理员，再改这一位。' },
      records_away: { what: '数据库正在恢复，没有保存。', do: '您写的都在，过一会儿再点一次。' }, timeout: { what: '服务器没有回应，不知道有没有保存。', do: '请重新打开看一看，再决定要不要再点。' }, network: { what: '连不上服务器，没有保存。', do: '请检查网络，再点一次。' }, login: { what: '登录已经过期，没有保存。', do: '请重新登录，您写的都在。' }, internal: { what: '服务器出错，没有保存。', do: '请再试一次，还不行就看服务器日志。' },
      encoding: { what: '文件不是 UTF-8 编码。', do: '请在 Excel 里另存为「CSV UTF-8」，再选一次。' }, gb18030: { what: '文件是 GB 编码，这里只收 UTF-8。', do: '请在 Excel 里另存为「CSV UTF-8」，再选一次。' }, too_large: { what: '文件太大。', do: '最多 1 MB、5000 行，请分几个文件。' }, too_large_csv: { what: '文件太大。', do: '最多 1 MB、5000 行，请分几个文件。' }, too_many_rows: { what: '行太多。', do: '最多 5000 行，请分几个文件。' },
      malformed: { what: '服务器没看懂。', do: '请刷新页面再试。' }, import_unknown: { what: '服务器没有回应，不知道有没有导入。', do: '请关掉看一看表里有没有，没有再导入一次；重复导入不会多出来。' }, header: { what: '第一行的列名不对。', do: '请先导出一份，照它的第一行写。' }, type: { what: '这不是 CSV 文件。', do: '请在 Excel 里另存为「CSV UTF-8」，再选一次。' }, stale: { what: '别人刚改过。', do: '请重新打开看最新的，再改一次。' },
    },
  },
}
export default texts
