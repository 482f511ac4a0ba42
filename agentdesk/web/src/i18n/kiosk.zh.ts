import type { Texts } from './index'

// ‖ marks where a line may break. Spoken words, 您, what happens first and what to do next.
const texts: Texts = {
  title: {
    enrol: '登记设备', who: '谁来办', theme: '办哪类事', matter: '办哪件事', materials: '要带什么', leave: '不排了吗', boot: '正在准备', idle: '首页', full: '排队的人满了', nobody: '还没有人上线', cancel: '取消登记', swap: '换成回电', hold: '通话已暂停', closed: '下班时间', fault: '设备提示', waiting: '排队中', ringing: '正在接通', call: '通话中',
    capture: '拍材料', summary: '办理结果', reset: '还在吗', offline: '网络中断',
  },
  head: {
    tools: '字号、音量、语言', size: '字号', quieter: '小声', louder: '大声', language: 'English',
    net: { good: '网络良好', weak: '网络较慢', off: '网络中断' },
    size_now: '字号：{size}', sizes: { m: '标准', l: '大', xl: '特大' }, volume_now: '音量 {percent}%',
    morning: '上午', noon: '中午', afternoon: '下午', evening: '晚上',
    date: '{month} 月 {day} 日　{weekday}',
    weekdays: { d0: '星期日', d1: '星期一', d2: '星期二', d3: '星期三', d4: '星期四', d5: '星期五', d6: '星期六' },
  },
  foot: {
    leave: '不排了', hang_up: '结束通话', back: '返回', home: '回首页', mute: '静音', unmute: '取消静音',
    help: '叫专员帮忙', helped: '已经叫专员了',
  },
  enrol: {
    h: '登记这台设备', p: '请管理员生成登记码，‖再输入到这里。', p2: '登记码 10 分钟内有效，‖只能用一次。', label: '登记码', count: '已输 {n} 位，共 {all} 位',
    missing: '还差 {n} 位', go: '登记', going: '正在登记，请稍等', redo: '重写', del: '删一位', keys: '登记码键盘',
    wait: '请等 {s} 秒', wait_long: '请等 {m} 分 {s} 秒', rate: { what: '试的次数太多了。', wait: '请核对登记码，‖等倒计时完了再试。', do: '现在可以再试。' },
  },
  boot: {
    h: '正在准备，请稍等', p: '正在检查设备。', connecting: '正在连接，并检查设备。', pending: '正在检查', green: '正常',
    parts: { camera: '摄像头', document: '拍材料的摄像头', microphone: '话筒', speaker: '喇叭', network: '网络', clock: '时钟' },
    detail: { black: '没有画面', missing: '没有接好', denied: '没有得到允许', insecure: '网址没有加密', small: '不够清楚', silent: '没有声音', slow: '网络较慢', off: '时间不准' },
  },
  idle: {
    h: '坐下来，点一下，‖就能当面办事', call: '点这里，和工作人员见面', taking: '正在取号，请稍等',
    held: '已经记下，网络恢复就取号', anyway: '没有画面和声音，也先排上', anyway_note: '点了就是同意打开摄像头和话筒，只用于办这件事', consent: '点按钮就是同意打开摄像头和话筒。‖画面和声音只用于办这件事。',
    free: '现在有 {n} 位工作人员空闲', busy: '工作人员都在忙，点一下先排上', none: '工作人员还没上线，可以先排上',
    book: '看小蓝书', book_note: '先看看要带什么', hours: '今天 {hours} 有人接待', no_hours: '今天全天不接待',
  },
  closed: {
    h: '现在是下班时间。‖可以先看看要带什么', sill: '{when} 开门', sill_unknown: '开门时间请问专员', today: '今天{time}', tomorrow: '明天{time}', later: '{month} 月 {day} 日{time}',
  },
  ways: {
    h_closed: '现在是下班时间。‖可以先登记回电', h_full: '现在排队的人满了。‖请选一个别的办法', h_nobody: '工作人员还没上线。‖可以先排队等候',
    wait: '排队等候', wait_note: '轮到您会自动接通', callback: '请工作人员回电', callback_more: '再登记一个回电', taking: '正在登记，请稍等',
    at: '{when} 开门后，在这里先找您', next: '下次开门后，在这里先找您', consent: '点按钮就是同意接通时打开摄像头和话筒。‖画面和声音只用于办这件事。',
    materials: '材料先留下', materials_note: '工作人员先看，不用等', noted_callback: '记下了，‖到时请坐到这里接', noted_materials: '记下了，‖工作人员会先看材料',
    called_back: '已登记回电 {number}', booked: '已预约 {number}', due: '{when} 起', due_now: '马上接通，请坐好', more: '另外还有 {n} 个',
    cancel: '取消', cancel_of: '取消 {number} 号', cancel_h: '取消 {number} 号吗？', cancel_p: '取消以后，要重新登记。', cancel_stay: '留着', cancel_go: '取消这个号',
    swap: '换成回电', swap_note: '不用在这里等', swap_h: '换成回电吗？', swap_stay: '继续等', swap_p: '现在的号不再排队。‖{when}。',
    busy: '工作人员都在忙', point: '最近的 24 小时服务点',
  },
  fault: {
    camera_denied: { what: '摄像头没有得到允许，‖工作人员看不见您。', do: '请叫专员帮忙打开。' },
    camera_missing: { what: '摄像头没有接好，‖工作人员看不见您。', do: '请叫专员帮忙，‖也可以先说话。' },
    mic_missing: { what: '话筒没有接好，‖工作人员听不见您。', do: '请叫专员帮忙看一下。' },
    both_denied: { what: '摄像头和话筒没有得到允许。‖工作人员看不见、听不见您。', do: '请叫专员帮忙打开。' },
    both_missing: { what: '摄像头和话筒没有接好，‖工作人员看不见、听不见您。', do: '请叫专员帮忙看一下。' },
    document_camera_missing: { what: '拍材料的摄像头没有接好。', do: '仍然可以见面，‖拍材料请叫专员帮忙。' },
    insecure: { what: '网址没有加密，‖摄像头和话筒打不开。', do: '请叫专员改用加密的网址。' },
    camera_black: { what: '摄像头没有画面，‖可能被遮住了。', do: '请看一下镜头，‖也可以先说话。' },
    speaker_missing: { what: '喇叭没有接好，‖您会听不见声音。', do: '请叫专员帮忙，‖留言会写在屏幕上。' },
    station: { what: '这台设备还没有登记。', do: '设备会自己再试。' },
    replaced: { what: '这个窗口在另一台设备上打开了。', do: '要在这里办，请点下面的按钮。' },
    here: '在这里继续', enrol: '重新登记', again: '再试一次', near: '请叫身边的专员来看一下，‖要办的事可以先告诉他。',
  },
  who: {
    h: '今天谁来办？', self: '我自己办', self_note: '您一个人和工作人员说', specialist: '专员陪我办', specialist_note: '村里的专员坐在旁边，‖帮您一起办',
    family: '替家人办', family_note: '家人来不了，‖您带他的证件来',
  },
  theme: { h: '您要办哪类事？', unsure: '说不清，直接见面', loading: '正在取办事目录，‖请稍等。' },
  matter: {
    h: '您要办哪件事？', more: '更多事项', none: '这一类还没有列出的事，‖请直接和工作人员说。', bring: '办这件事要带这 {n} 样', bring_none: '办这件事不用带材料',
    both: '正面、反面都要拍', known: '知道了，继续等', ask: '没带齐，也可以问', meet: '和工作人员见面', check: '要带什么，以工作人员说的为准。',
    keep: '拍照只用于办这件事，‖原件您自己收好。',
  },
  question: { skip: '不选了，直接等', place: '前面还有 {n} 位', next: '下一个就是您' },
  waiting: {
    h: '请坐好，‖轮到您会自动接通', h_next: '马上轮到您，‖请坐好', h_nobody: '工作人员还没上线，‖您的号留着', number: '您的号', ahead: '前面还有', people: '位', about: '大约等', minutes: '分钟', within: '分钟内',
    line: '窗口前面还有 {n} 位，然后是您', me: '您', more: '还有 {n} 位', own: '您的画面', no_own: '没有画面', heard: '能听到您说话', speak: '请说句话试试', mic_ok: '话筒正常',
    no_mic: '话筒没有接好', message: '工作人员留言', tip: '等的时候', tip_text: '请把要用的‖证件‖拿在手上。', parked: '排队系统正在恢复，‖您的号留着', parked_place: '恢复以后会告诉您排在第几位。', place_late: '排队系统正在恢复，‖位置是刚才的。',
    broke: '刚才断线了，‖您的号还在，‖马上换一位工作人员。',
    say: '先说说要办什么事', say_note: '说了能更快接到对的人', meter: '话筒音量 {n} 格',
  },
  leave: { h: '不排了吗？', p: '取消以后，要重新取号。', stay: '继续等', go: '不排了' },
  call: {
    ringing: '{name}正在接通', ringing_any: '正在接通工作人员', ringing_tip: '请坐好，马上见面', speak: '请对着屏幕‖说话', quiet: '听不清？‖点上面的「大声」。',
    muted: '您已静音，‖对方听不见', muted_do: '要说话，请点「取消静音」。', agent: '工作人员', lost: '对方网络断了，‖请稍等，‖马上回来。', hold: '工作人员请您稍等', hold_sub: '已暂停 {time}', hold_own: '您的画面已暂停', hold_tip: '请坐着等，‖通话还在', late: '画面还没有来，‖工作人员正在处理。‖可以叫专员帮忙。', opening: '画面马上就来', pages: '拍好的材料',
  },
  capture: {
    lay: '请把{what}‖平放在黑色区域', sides: { front: '正面', back: '反面' }, shoot: '拍照', again: '再拍一次', sending: '正在送过去 {percent}%', taking: '正在拍，请不要动',
    help: '请专员‖帮我放', sample: '像这样平放', sharp: '拍清楚了', blurred: '有点模糊，请放平再拍', hint: { blurred: '有点模糊，请放平', glare: '有反光，请转一下', cropped: '没拍全，请放到中间', wrong: '请换成要拍的那一样', other: '请再拍一次' }, retake: '需补拍',
    live: '拍材料的实时画面', missing: '拍材料的摄像头没有画面。‖请叫专员帮忙。', opening: '正在打开拍材料的摄像头', page: '第 {n} 页', sent: '已送到', failed: '没送成',
  },
  summary: {
    h: { accepted: '办好了', pending: '材料先收下了', consulted: '问清楚了', other: '这次先到这里', wait: '通话结束了', lost: '通话断了', left: '已经取消排队' },
    p: { accepted: '{matter}，已经受理', pending: '{matter}，还要补材料', consulted: '{matter}', offline: '{matter}，请到窗口办', department: '{matter}，转给相关部门办', home_visit: '{matter}，已预约上门', refused: '{matter}，这次不能受理', disconnected: '{matter}，还没有办完', mistake: '没有登记办理', wait: '工作人员正在登记结果，请稍等', lost: '网络没能恢复，办过的内容都记下了' },
    matter: '这件事', case: '您的编号', case_note: '打电话问进度时，报这个编号。', qr: '办件编号二维码',
    pages: '拍了 {n} 页材料', pages_note: '已经收好，只用于办这件事',
    next: { close: '这件事已经办完', close_note: '不用再来', relay: '助办员会打电话给您', relay_note: '后面的手续由助办员帮您跑', follow: '我们会回访您', follow_note: '有问题到时可以再问', none: '结果出来会显示在这里', none_note: '等不及也可以先走，报编号能查' },
    papers: '请带好证件', papers_note: '身份证、社保卡别忘在台面上', done: '好的，结束',
  },
  reset: { h: '还在吗？', p: '{n} 秒后清除您的信息，‖请带好证件。', book: '{n} 秒后回到首页。', stay: '我还在', end: '结束' },
  offline: {
    h: '网络断了，‖正在自动恢复', queue: '请稍等，不用重新排队。', pages: '拍好的材料都在，不会丢。', idle: '恢复后就能使用，请稍等。', call: '通话给您留着，不用重新排队。',
    attempt: '正在试第 {n} 次', next: '{n} 秒后再试', since: '已经断了 {n} 秒', held: '您刚才点的已经记下。',
  },
}
export default texts
